//! The page for people: the files of the folder `web`, as they are sent.
//!
//! The style sheets go with the document, in place of its links to them: so nothing that it waits for stands between
//! it and its first picture.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Where the document's own links lead; the version takes the place of `dev`.
const LINKS: &str = "web/dev/";

const DOCUMENT: &str = include_str!("../../../web/index.html");

/// The style sheets, each with its name.
const STYLES: &[(&str, &str)] = &[
    ("page.css", include_str!("../../../web/page.css")),
    ("queue.css", include_str!("../../../web/queue.css")),
    ("compare.css", include_str!("../../../web/compare.css")),
];

macro_rules! files {
    ($($content_type:ident: $($name:literal)+;)+) => {
        [$($(($name, $content_type, include_str!(concat!("../../../web/", $name)))),+),+]
    };
}

/// Every file that has a URL of its own: name, content type, text.
const FILES: &[(&str, &str, &str)] = &files! {
    JAVASCRIPT: "after.js" "announce.js" "api.js" "compare.js" "crc32.js" "gestures.js" "intake.js" "key.js"
        "main.js" "options.js" "pictures.js" "queue.js" "row.js" "stage.js" "view.js" "words.js" "zip.js";
    SVG: "icon.svg";
};

/// Whether people are served a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// No page: `/` is 404.
    Off,
    /// The page at `/`, its files under `/web/`.
    On {
        /// Whether the service made its API key itself. The page then says where to find it.
        key_was_made_here: bool,
    },
}

/// The page's files, ready to be sent.
pub(crate) struct PageFiles {
    pub(crate) document: PageFile,
    /// The styles in the document by their hashes, as a `style-src` takes them (CSP 3, 2.3.1).
    pub(crate) style_sources: String,
    /// A hash of all files that have a URL: what stands in their URLs, which so never change their content.
    pub(crate) version: String,
    files: Vec<(&'static str, PageFile)>,
}

/// A file in both forms that it is sent in.
#[derive(Clone)]
pub(crate) struct PageFile {
    pub(crate) content_type: &'static str,
    /// A hash of the content, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) plain: Bytes,
    pub(crate) gzip: Bytes,
}

impl PageFiles {
    /// Reads the files that the binary carries, and tells the document what it has to know of the service.
    pub(crate) fn new(key_was_made_here: bool, max_upload_bytes: u64) -> Self {
        let mut hash = Sha256::new();
        for &(name, _, text) in FILES {
            hash.update(name);
            hash.update(text);
        }
        let version = hex(&hash.finalize());
        let document = DOCUMENT
            .replace(LINKS, &format!("web/{version}/"))
            .replace(
                "data-key=\"given\"",
                if key_was_made_here { "data-key=\"generated\"" } else { "data-key=\"given\"" },
            )
            .replace(
                "data-max-upload-bytes=\"52428800\"",
                &format!("data-max-upload-bytes=\"{max_upload_bytes}\""),
            );
        let document = STYLES.iter().fold(document, |document, (name, style)| {
            document.replace(&link(&format!("web/{version}/{name}")), &format!("<style>{style}</style>"))
        });
        let hashes =
            STYLES.iter().map(|(_, style)| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style))));
        let style_sources = hashes.collect::<Vec<_>>().join(" ");
        let files = FILES.iter().map(|&(name, content_type, text)| (name, PageFile::new(content_type, text)));
        Self { document: PageFile::new(HTML, &document), style_sources, version, files: files.collect() }
    }

    /// A file by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&PageFile> {
        self.files.iter().find(|(known, _)| *known == name).map(|(_, file)| file)
    }
}

impl PageFile {
    fn new(content_type: &'static str, text: &str) -> Self {
        let plain = Bytes::copy_from_slice(text.as_bytes());
        let gzip = gzip(&plain).into();
        Self { content_type, hash: hex(&Sha256::digest(&plain)), plain, gzip }
    }
}

/// How the document names a style sheet.
fn link(url: &str) -> String {
    format!("<link rel=\"stylesheet\" href=\"{url}\">")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, what is missing would be seen at once.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The first eight bytes of a hash, enough to tell a few dozen files apart.
fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_binary() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let present: BTreeSet<_> = entries
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        let embedded = FILES.iter().map(|(name, ..)| *name).chain(STYLES.iter().map(|(name, _)| *name));
        let embedded = embedded.chain(["index.html"]).map(str::to_owned);
        assert_eq!(embedded.collect::<BTreeSet<_>>(), present);
    }

    #[test]
    fn every_style_sheet_is_in_the_document_as_it_was_hashed() {
        let page = PageFiles::new(false, 1);
        let text = std::str::from_utf8(&page.document.plain).unwrap();
        assert_eq!(text.matches("<style>").count(), STYLES.len());
        assert_eq!(page.style_sources.split(' ').count(), STYLES.len());
        assert!(!text.contains("rel=\"stylesheet\""));
        for (name, style) in STYLES {
            assert!(text.contains(&format!("<style>{style}</style>")), "{name}");
            // A browser would hash other text than we have: up to a tag that ends it, and with no carriage returns. And
            // what it links to would be looked for beside the document.
            for wrong in ["</", "\r", "\0", "url(", "@import"] {
                assert!(!style.contains(wrong), "{wrong} in {name}");
            }
        }
    }

    #[test]
    fn the_document_knows_its_service() {
        let page = PageFiles::new(true, 1234);
        let text = std::str::from_utf8(&page.document.plain).unwrap();
        assert!(text.contains("data-key=\"generated\" data-max-upload-bytes=\"1234\""));
        assert!(!text.contains(LINKS));
        assert!(text.contains(&format!("src=\"web/{}/main.js\"", page.version)));
        let given = PageFiles::new(false, 1234);
        assert!(std::str::from_utf8(&given.document.plain).unwrap().contains("data-key=\"given\""));
        assert_ne!(given.document.hash, page.document.hash);
    }

    #[test]
    fn a_first_visit_transfers_less_than_60_kb() {
        let page = PageFiles::new(false, 1);
        let files = page.files.iter().map(|(_, file)| file.gzip.len());
        let total = page.document.gzip.len() + files.sum::<usize>();
        assert!(total < 60_000, "{total}");
    }
}
