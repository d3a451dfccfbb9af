//! AVIF files of which the tables say so much that a list of it would fill the memory or take minutes.

use imgpress_codec::options::OutputFormat;
use imgpress_codec::{Error, Limits, probe};

use crate::avif_bombs::{boxed, coded, full};
use crate::outputs::{options, output};

const TYPE: &[u8] = b"avif\0\0\0\0avifmif1miaf";

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The boxes of one item, whose data are the first twenty bytes behind them.
struct Meta {
    iloc: Vec<u8>,
    iinf: Vec<u8>,
    iref: Vec<u8>,
    ipco: Vec<u8>,
    ipma: Vec<u8>,
    more: Vec<u8>,
    data: Vec<u8>,
}

impl Default for Meta {
    fn default() -> Self {
        let infe = full(b"infe", 2, b"\0\x01\0\0av01\0");
        Self {
            iloc: full(b"iloc", 0, &[&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1], &*numbers(&[0, 20])].concat()),
            iinf: full(b"iinf", 0, &[&[0, 1], infe.as_slice()].concat()),
            iref: Vec::new(),
            ipco: boxed(b"ipco", &full(b"ispe", 0, &numbers(&[16, 16]))),
            ipma: full(b"ipma", 0, &[0, 0, 0, 1, 0, 1, 1, 1]),
            more: Vec::new(),
            data: vec![0; 1_000],
        }
    }
}

impl Meta {
    fn file(&self) -> Vec<u8> {
        let parts = [
            full(b"hdlr", 0, &[&[0; 4], b"pict".as_slice(), &[0; 13]].concat()),
            full(b"pitm", 0, &[0, 1]),
            self.iloc.clone(),
            self.iinf.clone(),
            self.iref.clone(),
            boxed(b"iprp", &[self.ipco.as_slice(), &self.ipma].concat()),
            self.more.clone(),
        ];
        [boxed(b"ftyp", TYPE), full(b"meta", 0, &parts.concat()), boxed(b"mdat", &self.data)].concat()
    }
}

/// A sequence of tracks with these tables.
fn tracks(tables: &[Vec<u8>]) -> Vec<u8> {
    let track = |tables: &Vec<u8>| {
        let media = [
            full(b"mdhd", 0, &numbers(&[0, 0, 1000, 100, 0])),
            full(b"hdlr", 0, &[&[0; 4], b"pict".as_slice(), &[0; 13]].concat()),
            boxed(b"minf", &boxed(b"stbl", tables)),
        ];
        boxed(b"trak", &boxed(b"mdia", &media.concat()))
    };
    [boxed(b"ftyp", TYPE), boxed(b"moov", &tables.iter().flat_map(track).collect::<Vec<_>>())].concat()
}

#[track_caller]
fn assert_refused(file: &[u8], words: &str) {
    let refused = |error: Error| match error {
        Error::Corrupt(_) | Error::TooLarge(_) => assert!(error.to_string().contains(words), "{error}"),
        other => panic!("{other:?}"),
    };
    refused(probe(file, &Limits::default()).expect_err("it is read"));
    refused(output(file, &options(OutputFormat::Same)).expect_err("it is read"));
}

#[test]
fn boxes_without_end_are_refused_wherever_they_are() {
    let empty = boxed(b"free", b"").repeat(100_000);
    let infe = full(b"infe", 2, b"\0\x01\0\0av01\0").repeat(50_000);
    let within = |kind: &[u8; 4]| tracks(&[boxed(kind, &empty)]);
    for file in [
        Meta { more: empty.clone(), ..Meta::default() }.file(),
        Meta { iinf: full(b"iinf", 1, &[&numbers(&[50_000]), &*infe].concat()), ..Meta::default() }.file(),
        Meta { ipco: boxed(b"ipco", &empty), ..Meta::default() }.file(),
        Meta { ipco: boxed(b"ipco", b"").repeat(100_000), ..Meta::default() }.file(),
        Meta { iref: full(b"iref", 0, b"").repeat(50_000), ..Meta::default() }.file(),
        tracks(&vec![Vec::new(); 20_000]),
        tracks(std::slice::from_ref(&empty)),
        within(b"trak"),
        within(b"edts"),
        within(b"minf"),
        tracks(&[full(
            b"stsd",
            0,
            &[&numbers(&[1]), &*boxed(b"av01", &[&[0; 78], &*empty].concat())].concat(),
        )]),
    ] {
        assert_refused(&file, "too many boxes");
    }
}

#[test]
fn boxes_in_one_another_without_end_are_refused() {
    let mut inner = Vec::new();
    for _ in 0..2_000 {
        inner = boxed(b"mdia", &boxed(b"minf", &inner));
    }
    assert_refused(&tracks(&[inner]), "too many levels");
}

#[test]
fn parts_that_take_no_bytes_to_say_are_counted() {
    let many = [&[0, 0, 255, 255], [0, 1, 0, 0, 255, 255].repeat(65_535).as_slice()].concat();
    assert_refused(
        &Meta { iloc: full(b"iloc", 0, &many), ..Meta::default() }.file(),
        "where a part of it is",
    );
}

#[test]
fn parts_that_lie_over_each_other_are_no_more_than_the_file() {
    let parts = [&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 20], numbers(&[0, 1_000]).repeat(20).as_slice()].concat();
    assert_refused(
        &Meta { iloc: full(b"iloc", 0, &parts), ..Meta::default() }.file(),
        "larger than the file",
    );
}

#[test]
fn parts_that_several_items_share_are_read() {
    // As the layers of a picture have them, each an item of its own.
    let data = coded(64, 64).data;
    let half = u32::try_from(data.len() / 2).unwrap();
    let rest = u32::try_from(data.len()).unwrap() - half;
    let file = |start: u32| {
        let parts = numbers(&[start, half, start + half, rest]);
        let items = (1..=4).flat_map(|item| [&[0, item, 0, 0, 0, 2], parts.as_slice()].concat());
        let iloc = full(b"iloc", 0, &[0x44, 0, 0, 4].into_iter().chain(items).collect::<Vec<_>>());
        let ipco = boxed(b"ipco", &full(b"ispe", 0, &numbers(&[64, 64])));
        Meta { iloc, ipco, data: data.clone(), ..Meta::default() }.file()
    };
    let start = u32::try_from(file(0).len() - data.len()).unwrap();
    assert_eq!(output(&file(start), &options(OutputFormat::Png)).unwrap().width, 64);
}

#[test]
fn statements_are_not_multiplied_by_one_another() {
    let refers = [&[0, 2, 255, 255], [0, 1].repeat(65_535).as_slice()].concat();
    let iref = full(b"iref", 0, &boxed(b"auxl", &refers).repeat(10));
    assert_refused(&Meta { iref, ..Meta::default() }.file(), "too much of its items");
    let said =
        [&numbers(&[2_000]), [&[0, 1, 255], [1; 255].as_slice()].concat().repeat(2_000).as_slice()].concat();
    assert_refused(
        &Meta { ipma: full(b"ipma", 0, &said), ..Meta::default() }.file(),
        "too much of its items",
    );
    let group = full(b"altr", 0, &[numbers(&[1, 100_000]).as_slice(), &[0; 400_000]].concat());
    for groups in [group, full(b"altr", 0, &[0; 8]).repeat(50_000)] {
        assert_refused(
            &Meta { more: boxed(b"grpl", &groups), ..Meta::default() }.file(),
            "too much of its items",
        );
    }
}

#[test]
fn a_large_property_of_many_items_is_refused() {
    let profile = boxed(b"colr", &[b"prof", vec![0; 1_000_000].as_slice()].concat());
    let said = [&numbers(&[10]), [&[0, 1, 255], [1; 255].as_slice()].concat().repeat(10).as_slice()].concat();
    let meta = Meta { ipco: boxed(b"ipco", &profile), ipma: full(b"ipma", 0, &said), ..Meta::default() };
    assert_refused(&meta.file(), "properties");
}

#[test]
fn what_is_hidden_behind_a_property_or_a_table_is_not_read() {
    let hidden = boxed(b"free", b"").repeat(100_000);
    let ispe = full(b"ispe", 0, &[&numbers(&[16, 16]), &*hidden].concat());
    assert_refused(&Meta { ipco: boxed(b"ipco", &ispe), ..Meta::default() }.file(), "properties");
    let ipma =
        full(b"ipma", 0, &[&[0, 0, 0, 1, 0, 1, 1, 1], &*full(b"ipma", 0, &[0; 4]).repeat(50_000)].concat());
    assert_refused(&Meta { ipma, ..Meta::default() }.file(), "table");
    let stco = full(b"stco", 0, &[&numbers(&[1, 1]), &*hidden].concat());
    assert_refused(&tracks(&[stco]), "table");
}

#[test]
fn frames_that_take_no_bytes_to_say_are_counted() {
    for tables in [
        full(b"stsz", 0, &numbers(&[1, 60_000_000])).repeat(50),
        full(b"stsz", 0, &numbers(&[1, 10_001])),
        full(b"stco", 0, &[numbers(&[10_001]), numbers(&[0]).repeat(10_001)].concat()),
    ] {
        assert_refused(&tracks(&[tables]), "more than 10000 frames");
    }
    let stsc =
        full(b"stsc", 0, &[numbers(&[10_000]), numbers(&[1, 0, 1, u32::MAX, 0, 1]).repeat(5_000)].concat());
    assert_refused(&tracks(&[stsc]), "table");
}

#[test]
fn a_type_with_names_without_end_is_refused() {
    let start = boxed(b"ftyp", &[b"avif\0\0\0\0", b"mif1".repeat(1_000_000).as_slice()].concat());
    let file = Meta::default().file();
    assert_refused(&[start.as_slice(), &file[8 + TYPE.len()..]].concat(), "too many");
}

#[test]
fn what_is_said_of_each_item_in_a_box_of_its_own_is_read() {
    // As cavif writes it: one box for the picture, which turns it, and one for another item.
    let data = coded(64, 48).data;
    let turned = [full(b"ispe", 0, &numbers(&[64, 48])), boxed(b"irot", &[1])].concat();
    let said = |item: u8, properties: &[u8]| {
        let of_item = [&[0, 0, 0, 1, 0, item, u8::try_from(properties.len()).unwrap()], properties].concat();
        full(b"ipma", 0, &of_item)
    };
    let file = |ipma: &[Vec<u8>], start: u32| {
        let iloc = [&[0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1], &*numbers(&[start, data.len() as u32])].concat();
        let (iloc, ipma) = (full(b"iloc", 0, &iloc), ipma.concat());
        Meta { iloc, ipco: boxed(b"ipco", &turned), ipma, data: data.clone(), ..Meta::default() }.file()
    };
    let whole = |ipma: &[Vec<u8>]| file(ipma, u32::try_from(file(ipma, 0).len() - data.len()).unwrap());
    let size = |file: &[u8]| output(file, &options(OutputFormat::Png)).map(|made| (made.width, made.height));
    assert_eq!(size(&whole(&[said(1, &[1, 0x82])])).unwrap(), (48, 64));
    assert_eq!(size(&whole(&[said(1, &[1, 0x82]), said(2, &[1])])).unwrap(), (48, 64));
    assert_eq!(size(&whole(&[said(2, &[]), said(1, &[1, 0x82]), said(3, &[1, 1, 1])])).unwrap(), (48, 64));
    let mut wide = said(2, &[0, 1]);
    wide[11] = 1;
    wide[18] = 1;
    let mixed = size(&whole(&[said(1, &[1, 0x82]), wide])).unwrap_err();
    assert!(mixed.to_string().contains("This kind of AVIF"), "{mixed}");
}
