use super::*;

fn listing(names: &[&str]) -> Arc<Listing> {
    Arc::new(Listing {
        entries: names
            .iter()
            .map(|n| Entry::new(Name::new(n.as_bytes()).unwrap(), Kind::File))
            .collect(),
        ..Listing::default()
    })
}

fn pane(names: &[&str]) -> Pane {
    let mut pane = Pane::new(Folder::Local("/x".into()));
    pane.refresh(None, Generation(1));
    pane.listed(Generation(1), Ok(listing(names)));
    pane
}

fn selected(pane: &Pane) -> Vec<String> {
    pane.selection().iter().map(|e| e.name.shown()).collect()
}

#[test]
fn marks_and_cursor_survive_a_refresh_by_name() {
    let mut pane = pane(&["a", "b", "c", "d"]);
    pane.cursor.at = 1;
    pane.mark();
    assert_eq!(pane.current().unwrap().name.shown(), "c");
    pane.refresh(None, Generation(2));
    pane.listed(Generation(2), Ok(listing(&["0", "a", "b", "c"])));
    assert_eq!(selected(&pane), ["b"]);
    assert_eq!(pane.current().unwrap().name.shown(), "c");
}

fn entries(names: &[&str]) -> Vec<Entry> {
    listing(names).entries.clone()
}

/// A pane that goes to a folder, wants the cursor on a name, and sees the first entries.
fn arriving(first: &[&str], wanted: Option<&str>) -> Pane {
    let mut pane = pane(&["x"]);
    let wanted = wanted.map(|name| Name::new(name.as_bytes()).unwrap());
    pane.go(Folder::Local("/y".into()), wanted, Generation(2));
    pane.arriving(Generation(2), entries(first), 5);
    pane
}

fn whole(pane: &mut Pane) -> (String, usize) {
    pane.listed(Generation(2), Ok(listing(&["a", "b", "c", "d", "e"])));
    (pane.current().unwrap().name.shown(), pane.shown.len())
}

#[test]
fn the_cursor_stays_on_its_name_when_the_rest_has_come() {
    let mut pane = arriving(&["d", "b"], None);
    assert_eq!((pane.shown.len(), pane.come), (2, 5));
    pane.arriving(Generation(2), entries(&["z"]), 9);
    assert_eq!((pane.shown.len(), pane.come), (2, 9), "the first are shown once");
    pane.cursor.at = 0;
    pane.mark();
    assert_eq!(pane.current().unwrap().name.shown(), "d");
    assert_eq!(whole(&mut pane), ("d".into(), 5));
    assert_eq!((selected(&pane), pane.come), (vec!["b".to_owned()], 0));
    // what comes late shows nothing
    pane.arriving(Generation(2), entries(&["z"]), 1);
    assert_eq!((pane.shown.len(), pane.come), (5, 0));
}

#[test]
fn the_cursor_goes_to_the_wanted_name_unless_somebody_has_gone_on() {
    let mut still = arriving(&["d", "b"], Some("e"));
    assert_eq!(whole(&mut still), ("e".into(), 5));
    let mut gone_on = arriving(&["d", "b"], Some("e"));
    gone_on.cursor.at = 1;
    assert_eq!(whole(&mut gone_on), ("d".into(), 5));
    let mut found = arriving(&["d", "b"], Some("d"));
    assert_eq!(found.current().unwrap().name.shown(), "d");
    assert_eq!(whole(&mut found), ("d".into(), 5));
}

/// Whatever becomes of the first entries, nothing of them is left behind.
#[test]
fn what_was_arriving_may_be_asked_for_again_fail_or_go() {
    let failure = || Failure::new(crate::model::failure::Class::Refused, "a", "b");
    let ends: [fn(&mut Pane, Failure); 3] = [
        |pane, _| pane.refresh(None, Generation(3)),
        |pane, failure| pane.listed(Generation(2), Err(failure)),
        |pane, _| pane.empty(),
    ];
    for end in ends {
        let mut pane = arriving(&["d", "b"], None);
        pane.mark();
        end(&mut pane, failure());
        pane.rearrange();
        assert_eq!((pane.shown.len(), pane.marks.len()), (0, 0));
        assert_eq!(pane.all(), Totals::default());
    }
}

#[test]
fn what_is_shown_stays_while_it_is_listed_again() {
    let mut pane = pane(&["a", "b"]);
    pane.refresh(None, Generation(2));
    pane.arriving(Generation(2), entries(&["z"]), 1_000);
    assert_eq!((pane.shown.len(), pane.come), (2, 1_000));
    pane.refresh(None, Generation(3));
    assert_eq!(pane.come, 0);
}

#[test]
fn late_answers_are_dropped() {
    let mut pane = pane(&["a"]);
    pane.refresh(None, Generation(2));
    pane.listed(Generation(1), Ok(listing(&["old"])));
    assert_eq!(selected(&pane), ["a"]);
    assert_eq!(pane.awaited, Some(Generation(2)));
}

#[test]
fn the_selection_is_the_marks_else_the_cursor() {
    let mut pane = pane(&["a", "b", ".c"]);
    assert_eq!(selected(&pane), ["a"]);
    pane.invert();
    assert_eq!(selected(&pane), ["a", "b"]);
    pane.hidden = true;
    pane.rearrange();
    pane.mark_all();
    pane.hidden = false;
    pane.rearrange();
    // what is marked is taken even where it is hidden now: the footer counts it
    assert_eq!(selected(&pane), ["a", "b", ".c"]);
    assert_eq!(pane.marked().files, 3);
}

#[test]
fn a_remote_pane_ends_at_the_document_path() {
    let path = |p: &str| RemotePath::parse(p.as_bytes()).unwrap();
    let mut pane = Pane::new(Folder::Remote(path("/srv/www")));
    pane.root = Some(path("/srv/www"));
    assert!(pane.at_top());
    pane.folder = Folder::Remote(path("/srv/www/a"));
    assert!(!pane.at_top());
    pane.folder = Folder::Remote(path("/srv"));
    assert!(pane.at_top());
}

/// The line was cut for a moment, and somebody had marked fifty files.
#[test]
fn cursor_and_marks_come_back_with_the_folder_that_could_not_be_listed() {
    let mut pane = pane(&["a", "b", "c"]);
    pane.cursor.at = 1;
    pane.mark();
    assert_eq!((selected(&pane), pane.cursor.at), (vec!["b".to_owned()], 2));
    for number in [7, 8] {
        pane.refresh(None, Generation(number));
        let gone = Failure::new(crate::model::failure::Class::Unreachable, "x", "y");
        pane.listed(Generation(number), Err(gone));
        assert!(pane.selection().is_empty(), "there is nothing to choose");
    }
    pane.refresh(None, Generation(9));
    pane.listed(Generation(9), Ok(listing(&["0", "a", "b", "c"])));
    assert_eq!((selected(&pane), pane.cursor.at), (vec!["b".to_owned()], 3));
    // another folder has nothing of it
    pane.listed(Generation(9), Ok(listing(&["b"])));
    pane.refresh(None, Generation(10));
    pane.listed(
        Generation(10),
        Err(Failure::new(crate::model::failure::Class::Unreachable, "x", "y")),
    );
    pane.go(Folder::Local("/other".into()), None, Generation(11));
    pane.listed(Generation(11), Ok(listing(&["a", "b", "c"])));
    assert!(pane.marks.is_empty());
}
