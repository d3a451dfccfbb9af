use super::{Blocks, EXTENSION, IMAGE, TRAILER};
use crate::metadata::{Found, Removed, Report, xmp};

const COMMENT: u8 = 0xfe;
const APPLICATION: u8 = 0xff;
const PLAIN_TEXT: u8 = 0x01;

/// Says what the extensions carry beside the picture; nothing of it is carried on.
pub(in crate::decode) fn metadata(input: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    // What cannot be walked to its end was refused before; else what was seen till then is said.
    let _ = walk(input, &mut found.dropped);
    found
}

fn walk(input: &[u8], dropped: &mut Report) -> Result<(), crate::Corrupt> {
    let mut blocks = Blocks { rest: input.get(6..).unwrap_or_default() };
    let &[_, _, _, _, flags, _, _] = blocks.take()?;
    blocks.color_table(flags)?;
    while let Some(kind) = blocks.kind() {
        match kind {
            EXTENSION => {
                let [label] = *blocks.take()?;
                let before = blocks.rest;
                blocks.pass_data()?;
                let data = before.get(..before.len() - blocks.rest.len()).unwrap_or_default();
                extension(label, data, dropped);
            }
            IMAGE => {
                blocks.image_header()?;
                blocks.pass_data()?;
            }
            TRAILER => break,
            _ => return Ok(()),
        }
    }
    dropped.removes_if(blocks.rest.iter().any(|byte| *byte != 0), Removed::TrailingData);
    Ok(())
}

/// An extension with the sizes of its blocks: the first block of an application's is its name.
fn extension(label: u8, data: &[u8], dropped: &mut Report) {
    match (label, data.get(1..12)) {
        (COMMENT | PLAIN_TEXT, _) => dropped.removes(Removed::Comment),
        (APPLICATION, Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0")) => {}
        (APPLICATION, Some(b"ICCRGBG1012")) => dropped.removes(Removed::Profile),
        (APPLICATION, Some(b"XMP DataXMP")) => {
            dropped.removes(Removed::Xmp);
            dropped.removes_if(xmp::has_position(data), Removed::Gps);
        }
        (APPLICATION, _) => dropped.removes(Removed::Other),
        _ => {}
    }
}
