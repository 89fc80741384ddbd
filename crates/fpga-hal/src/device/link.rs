//! Questions under way on one host, and the thread that hands out their answers.

use std::{
    array, io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    DeviceError, Frame, Kind,
    deadline::Deadline,
    host::{GRACE, Host},
    memory::{SLOTS, slot_of},
    ticket::Ticket,
};

/// A host with its slots. Every ticket holds it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) host: Host,
    state: Mutex<State>,
    /// The state is another.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    slots: [Slot; SLOTS],
    /// The host is gone, or will be in a moment.
    ended: bool,
    /// Why, until somebody was told.
    why: Option<DeviceError>,
}

#[derive(Debug)]
struct Slot {
    /// The number of its last question; the next has another, so that a late answer is none to it.
    number: u32,
    status: Status,
}

#[derive(Debug)]
enum Status {
    Free,
    Asked,
    /// Asked, and nobody waits for the answer any more.
    Dropped,
    Answered(Answer),
}

/// Results, or why there are none.
type Answer = Result<Frame, String>;

impl Link {
    /// Takes over a host that is open, and returns the thread that reads from it, too.
    pub(super) fn new(host: Host) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let slots = array::from_fn(|slot| Slot {
            number: slot as u32,
            status: Status::Free,
        });
        let link = Arc::new(Self {
            host,
            state: Mutex::new(State {
                slots,
                ended: false,
                why: None,
            }),
            changed: Condvar::new(),
        });
        let reader = Arc::clone(&link);
        let thread = thread::Builder::new()
            .name("device-answers".to_owned())
            .spawn(move || reader.read())?;
        Ok((link, thread))
    }

    /// Sends a question. None where no slot is free.
    pub(super) fn submit(
        self: &Arc<Self>,
        question: &Frame,
    ) -> Result<Option<Ticket>, DeviceError> {
        question.check_length().map_err(DeviceError::Unsendable)?;
        let number = self.state().take_slot()?;
        Ok(number.map(|number| self.send(number, question)))
    }

    /// Sends a question when a slot is free. After the deadline the host is ended.
    pub(super) fn submit_when_free(
        self: &Arc<Self>,
        question: &Frame,
        deadline: Deadline,
    ) -> Result<Ticket, DeviceError> {
        question.check_length().map_err(DeviceError::Unsendable)?;
        let number = self.poll(deadline, |state| state.take_slot().transpose())?;
        Ok(self.send(number, question))
    }

    fn send(self: &Arc<Self>, number: u32, question: &Frame) -> Ticket {
        let ticket = Ticket::new(Arc::clone(self), number);
        if self.host.send(number, question).is_err() {
            // The host died, or reads nothing. The thread that reads sees to it, and tells the ticket.
            self.host.hang_up();
        }
        ticket
    }

    /// Returns whether [`wait`](Self::wait) would return at once.
    pub(super) fn is_done(&self, number: u32) -> bool {
        let mut state = self.state();
        state.ended || matches!(state.slot(number).status, Status::Answered(_))
    }

    /// Waits for an answer. After the deadline the host is ended.
    pub(super) fn wait(&self, number: u32, deadline: Deadline) -> Result<Answer, DeviceError> {
        self.poll(deadline, |state| match state.take_answer(number) {
            Some(answer) => Some(Ok(answer)),
            None if state.ended => Some(Err(state.why())),
            None => None,
        })
    }

    /// Frees a ticket's slot, now or when its answer comes.
    pub(super) fn forget(&self, number: u32) {
        let mut state = self.state();
        let slot = state.slot(number);
        // Its next ticket may have it already.
        if slot.number == number {
            slot.status = match slot.status {
                Status::Asked => Status::Dropped,
                _ => Status::Free,
            };
            self.changed.notify_all();
        }
    }

    /// Ends the host.
    pub(super) fn close(&self) {
        if self.set_ended(None) {
            self.host.end();
        }
    }

    /// Ends the host, and lets it clean up first if it does nothing else.
    pub(super) fn say_goodbye(&self) {
        let deadline = Deadline::new(Instant::now(), GRACE);
        let mut state = self.state();
        let is_idle = |slot: &Slot| matches!(slot.status, Status::Free | Status::Answered(_));
        let goodbye = Frame::message(Kind::Bye, []);
        if !state.ended && state.slots.iter().all(is_idle) && self.host.send(0, &goodbye).is_ok() {
            while !state.ended
                && let Some(left) = deadline.left()
            {
                state = self.sleep(state, left);
            }
        }
        drop(state);
        self.close();
    }

    /// Hands out answers until the connection ends.
    fn read(&self) {
        let why = loop {
            let received = match self.host.receive() {
                Ok((number, frame)) => self.take_in(number, frame),
                Err(_) if self.state().ended => return,
                Err(error) => Err(self.host.end_after(error)),
            };
            if let Err(why) = received {
                break why;
            }
        };
        self.host.end();
        self.set_ended(Some(why));
    }

    fn take_in(&self, number: u32, frame: Frame) -> Result<(), DeviceError> {
        let kind = frame.kind;
        let answer = match kind {
            Kind::Results => Ok(frame),
            Kind::Refused => Err(String::from_utf8_lossy(&frame.payload).into_owned()),
            kind => return Err(DeviceError::OutOfTurn { kind }),
        };
        let mut state = self.state();
        let slot = state.slot(number);
        slot.status = match slot.status {
            Status::Asked if slot.number == number => Status::Answered(answer),
            Status::Dropped if slot.number == number => Status::Free,
            _ => return Err(DeviceError::OutOfTurn { kind }),
        };
        self.changed.notify_all();
        Ok(())
    }

    /// Notes that the host is gone. False if that was known.
    fn set_ended(&self, why: Option<DeviceError>) -> bool {
        let mut state = self.state();
        if state.ended {
            return false;
        }
        (state.ended, state.why) = (true, why);
        self.changed.notify_all();
        true
    }

    /// Looks at the state, again whenever it changes, until there is something to return.
    fn poll<T>(
        &self,
        deadline: Deadline,
        mut look: impl FnMut(&mut State) -> Option<Result<T, DeviceError>>,
    ) -> Result<T, DeviceError> {
        let mut state = self.state();
        loop {
            if let Some(found) = look(&mut state) {
                self.changed.notify_all();
                return found;
            }
            let Some(left) = deadline.left() else { break };
            state = self.sleep(state, left);
        }
        if state.ended {
            return Err(state.why());
        }
        state.ended = true;
        self.changed.notify_all();
        drop(state);
        let (_, stderr) = self.host.end();
        Err(DeviceError::TimedOut {
            limit: deadline.limit,
            stderr,
        })
    }

    fn sleep<'a>(&self, state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        let woken = self.changed.wait_timeout(state, left);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn slot(&mut self, number: u32) -> &mut Slot {
        &mut self.slots[slot_of(number)]
    }

    /// Takes a free slot, if there is one, and returns the number of its next question.
    fn take_slot(&mut self) -> Result<Option<u32>, DeviceError> {
        if self.ended {
            return Err(self.why());
        }
        let mut slots = self.slots.iter_mut();
        Ok(slots
            .find(|slot| matches!(slot.status, Status::Free))
            .map(|slot| {
                slot.number = slot.number.wrapping_add(SLOTS as u32);
                slot.status = Status::Asked;
                slot.number
            }))
    }

    /// Takes the answer that came, if it did, and frees its slot.
    fn take_answer(&mut self, number: u32) -> Option<Answer> {
        let slot = self.slot(number);
        match mem::replace(&mut slot.status, Status::Free) {
            Status::Answered(answer) => Some(answer),
            other => {
                slot.status = other;
                None
            }
        }
    }

    /// Returns why the host ended; to the first that asks.
    fn why(&mut self) -> DeviceError {
        self.why.take().unwrap_or(DeviceError::Closed)
    }
}
