use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

const PART: Part = Part {
    length: WORTH,
    source: 7,
    is_written: true,
};

#[test]
fn only_what_is_shown_to_be_the_same_file_is_continued() {
    let longer = Part {
        length: 500_000,
        ..PART
    };
    for (number, size, part, expected) in [
        (7, 1_000_000, longer, Ok(500_000)),
        (7, 500_000, longer, Ok(500_000)),
        (7, WORTH, PART, Ok(WORTH)),
        (8, 1_000_000, longer, Err(Anew::Changed)),
        (0, 1_000_000, longer, Err(Anew::Unknown)),
        (0, 1_000_000, Part { source: 0, ..longer }, Err(Anew::Unknown)),
        (7, 499_999, longer, Err(Anew::TooLong)),
        (
            7,
            1_000_000,
            Part {
                length: WORTH - 1,
                ..PART
            },
            Err(Anew::Short),
        ),
        (
            7,
            1_000_000,
            Part {
                is_written: false,
                ..longer
            },
            Err(Anew::Unwritten),
        ),
    ] {
        assert_eq!(
            continues(number, size, &part),
            expected,
            "{number} {size} {part:?}"
        );
    }
    assert!(
        asked_from(WORTH) > 0,
        "the shortest part that is continued saves something"
    );
}

#[test]
fn an_identity_is_exact_or_none() {
    let minute = Stamp {
        precision: Precision::Minute,
        ..Stamp::exact(60)
    };
    assert_eq!(Identity::remote(Some(1), Some(minute)), None);
    assert_eq!(Identity::remote(None, Some(Stamp::exact(60))), None);
    assert_eq!(Identity::remote(Some(1), None), None);
    let exact = Identity::remote(Some(1), Some(Stamp::exact(60))).unwrap();

    let (server, local, remote) = (
        Server::default(),
        PathBuf::from("/a"),
        RemotePath::parse(b"/b").unwrap(),
    );
    let way = Way {
        server: &server,
        direction: Direction::Download,
        local: &local,
        remote: &remote,
    };
    let number = exact.number(&way);
    assert_eq!(number, exact.number(&way));
    let other_user = Server {
        user: "other".into(),
        ..Server::default()
    };
    let other_local = PathBuf::from("/c");
    for other in [
        Identity { size: 2, ..exact }.number(&way),
        Identity { seconds: 61, ..exact }.number(&way),
        Identity {
            nanoseconds: 1,
            ..exact
        }
        .number(&way),
        exact.number(&Way {
            direction: Direction::Upload,
            ..way
        }),
        exact.number(&Way {
            server: &other_user,
            ..way
        }),
        exact.number(&Way {
            local: &other_local,
            ..way
        }),
    ] {
        assert_ne!(number, other);
    }
}

#[test]
fn what_is_the_matter_with_the_file_ends_what_was_left_of_it() {
    let failure = |class| Failure::new(class, "a", "b");
    for class in [Class::Unreachable, Class::Login, Class::Tls, Class::Data] {
        assert!(outlasts(&failure(class)), "{class:?}");
    }
    for class in [Class::Refused, Class::Local, Class::Conflict, Class::Guarded] {
        assert!(!outlasts(&failure(class)), "{class:?}");
        assert!(outlasts(&failure(class).transient()), "{class:?}");
    }
}

proptest! {
    /// In whatever pieces it comes: it agrees exactly where it begins with what is expected.
    #[test]
    fn the_overlap_is_found_in_any_pieces(
        expected in proptest::collection::vec(0u8..3, 1..200),
        changed in proptest::option::of(0usize..200),
        piece in 1usize..50,
    ) {
        let mut comes = expected.clone();
        let at = changed.map(|at| at % comes.len());
        if let Some(at) = at {
            comes[at] ^= 1;
        }
        let mut overlap = Overlap::new(expected);
        let agreed = comes.chunks(piece).all(|piece| overlap.agrees(piece));
        prop_assert_eq!(agreed, at.is_none());
        prop_assert!(!agreed || overlap.left() == 0);
    }
}
