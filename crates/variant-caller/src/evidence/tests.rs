use super::{Active, Clip, Event, Evidence, Model, active_places, slips_beside};

fn change(position: u32, deleted: u32, inserted: &[u8]) -> Event {
    Event {
        position,
        deleted,
        inserted: inserted.to_vec(),
    }
}

#[test]
fn a_slip_is_asked_for_with_those_beside_it() {
    // TG, six units of AC, G; from position 100 on.
    let bases: Vec<u8> = [&[3, 2][..], &[0, 1].repeat(6), &[2]].concat();
    let beside = |event: Event| slips_beside(&event, &bases, 100);
    let (one, three) = ([0, 1], [0, 1, 0, 1, 0, 1]);
    let two = change(102, 0, &[0, 1, 0, 1]);
    assert_eq!(beside(two), [change(102, 0, &one), change(102, 0, &three)]);
    // One unit beside is no change, or more than there are.
    assert_eq!(beside(change(102, 2, &[])), [change(102, 4, &[])]);
    assert_eq!(beside(change(102, 12, &[])), [change(102, 10, &[])]);
    assert_eq!(beside(change(112, 2, &[])), []);
    // No slips of it.
    for other in [
        change(102, 1, &[]),
        change(102, 0, &[2, 2]),
        Event::substitution(102, 1),
    ] {
        assert_eq!(beside(other), []);
    }
}

/// TG, six units of AC, then bases without a repeat; from position 100 on.
fn tract() -> Vec<u8> {
    let rest = [2, 1, 3, 0, 0, 2, 3, 3, 1, 2, 2, 0, 3, 1, 1, 0, 2, 1];
    [&[3, 2][..], &[0, 1].repeat(6), &rest].concat()
}

fn active(mut evidence: Evidence) -> Vec<Active> {
    active_places(&mut evidence, &Model::default(), &tract(), 100)
}

#[test]
fn a_place_reaches_over_the_repeat_before_it() {
    // Two reads show T for G where the repeat ends, one at a place apart.
    let mismatch = |position: u64| position << 10 | 3 << 8 | 37;
    let evidence = Evidence {
        mismatches: vec![mismatch(114), mismatch(114), mismatch(126)],
        ..Evidence::default()
    };
    let [place] = active(evidence).try_into().expect("one place");
    assert_eq!(place.span, 101..115);
    let clips = vec![
        Clip {
            position: 114,
            left: false
        };
        3
    ];
    let [place] = active(Evidence {
        clips,
        ..Evidence::default()
    })
    .try_into()
    .expect("one place");
    assert_eq!((place.span, place.candidate), (101..115, None));
}

#[test]
fn one_read_of_a_long_indel_is_looked_at() {
    for (length, places) in [(4, 0), (5, 1)] {
        let indels = vec![change(118, length, &[])];
        let found = active(Evidence {
            indels,
            ..Evidence::default()
        });
        assert_eq!(found.len(), places, "{length}");
    }
}

#[test]
fn clips_of_one_insertion_count_together() {
    let clip = |position, left| Clip { position, left };
    let near = [
        clip(104, true),
        clip(104, true),
        clip(126, false),
        clip(126, false),
    ];
    for (count, places) in [(4, 2), (3, 2), (2, 0)] {
        let clips = near[..count].to_vec();
        let found = active(Evidence {
            clips,
            ..Evidence::default()
        });
        assert_eq!(found.len(), places, "{count}");
    }
    let apart = vec![clip(101, true), clip(101, true), clip(126, false)];
    assert_eq!(
        active(Evidence {
            clips: apart,
            ..Evidence::default()
        }),
        []
    );
}
