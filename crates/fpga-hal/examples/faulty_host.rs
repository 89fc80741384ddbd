//! A device host without a device: it computes on the CPU, and does wrong what its driver's file
//! says. For tests of whole runs, and a small example of the protocol.

use std::{env, error::Error, fs, io, path::Path, process, thread};

use fafnir_fpga_hal::{
    device::{
        Contract, DeviceInfo, DeviceKind, Frame, Kind,
        serve::{self, Connection},
    },
    extend::{self, NOT_REACHED, wire::RESULT_FIELDS},
    pairhmm,
};

/// Batches that are answered rightly: more than what a device is asked before it gets work.
const HONEST: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    serve::end_with_parent()?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => Ok(serve::list(Ok(vec![info()]))?),
        ["serve", "0"] => run(&fault()?),
        _ => Err("usage: faulty_host list | serve 0".into()),
    }
}

/// What to do wrong: the text of the driver's file.
fn fault() -> io::Result<String> {
    let drivers = env::var_os("OCL_ICD_VENDORS").unwrap_or_default();
    let text = fs::read_to_string(Path::new(&drivers).join("driver.icd"))?;
    Ok(text.trim().to_owned())
}

fn info() -> DeviceInfo {
    let contract = |kernel: &str, version| Contract {
        kernel: kernel.to_owned(),
        version,
    };
    DeviceInfo {
        index: 0,
        platform: "test double".to_owned(),
        name: "faulty".to_owned(),
        vendor: "fafnir".to_owned(),
        kind: DeviceKind::Other,
        version: "none".to_owned(),
        driver: "none".to_owned(),
        compute_units: 1,
        memory: 1 << 30,
        largest_buffer: 1 << 28,
        pci: None,
        contracts: vec![
            contract("extend", extend::CONTRACT),
            contract("pairhmm", pairhmm::CONTRACT),
        ],
        withheld: Vec::new(),
        sandbox: Vec::new(),
    }
}

fn run(fault: &str) -> Result<(), Box<dyn Error>> {
    let (connection, _) = Connection::accept()?;
    connection.hello(&info())?;
    let mut batches = 0;
    let mut lied = false;
    while let Some((number, question)) = connection.next()? {
        let mut answer = match question.kind {
            Kind::Extend => extend::wire::answer(&question)?,
            _ => pairhmm::wire::answer(&question)?,
        };
        batches += 1;
        match fault {
            _ if batches <= HONEST => {}
            "die" => process::abort(),
            "late" => loop {
                thread::park();
            },
            "short" => {
                answer.count -= 1;
                answer.payload.truncate(answer.payload.len() - 4);
            }
            "garbage" => answer.payload.fill(0xa5),
            "every" => {
                let jobs = 0..answer.count as usize;
                jobs.for_each(|job| lie(question.kind, &mut answer, job));
            }
            "once" if !lied && question.kind == Kind::Extend => {
                // A job of which nothing aligns cannot be lied about.
                let jobs = answer.count as usize / 2..answer.count as usize;
                lied = jobs.into_iter().any(|job| {
                    let truth = answer.payload.clone();
                    lie(question.kind, &mut answer, job);
                    answer.payload != truth
                });
            }
            "refuse" => {
                connection.refuse(number, "not today".to_owned())?;
                continue;
            }
            _ => {}
        }
        connection.answer(number, &answer)?;
    }
    Ok(())
}

/// Makes a result wrong in a way that its job could have: nothing aligns, or half as likely.
fn lie(kernel: Kind, answer: &mut Frame, job: usize) {
    let count = answer.count as usize;
    let mut words: Vec<u32> = answer
        .payload
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    match kernel {
        Kind::Extend => {
            let nothing = [0, 0, 0, NOT_REACHED as u32, 0, 0];
            // A job that was left to the processor has no operations.
            let operations = |job: usize| words[(RESULT_FIELDS - 1) * count + job] as i32;
            let start = RESULT_FIELDS * count
                + (0..job)
                    .map(|job| operations(job).max(0) as usize)
                    .sum::<usize>();
            let length = operations(job).max(0) as usize;
            words.drain(start..start + length);
            for (field, word) in nothing.into_iter().enumerate() {
                words[field * count + job] = word;
            }
        }
        _ => words[job] = (0.5 * f32::from_bits(words[job])).to_bits(),
    }
    answer.payload = words.into_iter().flat_map(u32::to_le_bytes).collect();
}
