use std::io::{self, ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::Stream;
use imgpress_engine_api::Receipt;
use imgpress_storage::TempFile;
use serde::{Deserialize, Serialize};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::section;

/// The last bytes of a file, behind the length of what is said of it.
const MAGIC: [u8; 8] = *b"imgpres1";

/// The length of what is said, and the magic.
const TAIL: usize = 4 + MAGIC.len();

/// Most bytes of what is said: many times those of a receipt.
const LONGEST_ABOUT: u64 = 64 << 10;

/// What is said of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::tinify) struct About {
    /// The name of the key that it belongs to.
    pub(in crate::tinify) owner: String,
    /// What was done to the original.
    pub(in crate::tinify) receipt: Receipt,
}

/// A result that is being written: the original's bytes, those of what was made of it, and what is said of both.
pub(in crate::tinify) struct Writing {
    temp: TempFile,
    written: u64,
}

/// A result that can be read.
#[derive(Debug)]
pub(in crate::tinify) struct Kept {
    path: PathBuf,
    pub(in crate::tinify) about: About,
}

impl Writing {
    pub(super) async fn begin(temp_dir: &Path) -> io::Result<Self> {
        Ok(Self { temp: TempFile::create(temp_dir).await?, written: 0 })
    }

    /// Takes the next bytes of the original, or of what was made of it.
    pub(in crate::tinify) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.temp.file.write_all(chunk).await?;
        self.written += chunk.len() as u64;
        Ok(())
    }

    /// How many bytes were taken.
    pub(in crate::tinify) fn written(&self) -> u64 {
        self.written
    }

    /// Gives the file its name, and says how long it is.
    pub(super) async fn finish(mut self, about: &About, place: &Path) -> io::Result<u64> {
        let json = serde_json::to_vec(about)?;
        let length = u32::try_from(json.len()).map_err(io::Error::other)?;
        let tail = [&json[..], &length.to_le_bytes(), &MAGIC].concat();
        self.write(&tail).await?;
        // Not for good: after a power cut the client sends its image again.
        self.temp.persist(place, false).await?;
        Ok(self.written)
    }
}

impl Kept {
    /// Reads what is said of a result; `None` if the file is no longer there, or none of ours.
    pub(super) async fn open(path: PathBuf) -> io::Result<Option<Self>> {
        match read_about(&path).await {
            Ok(about) => Ok(Some(Self { path, about })),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The original's bytes.
    pub(in crate::tinify) fn original(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        self.part(0..self.about.receipt.original.bytes)
    }

    /// The bytes of what was made of it.
    pub(in crate::tinify) fn output(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let start = self.about.receipt.original.bytes;
        self.part(start..start + self.about.receipt.bytes)
    }

    fn part(&self, part: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let path = self.path.clone();
        section::chunks(part, move || open_plain(path.clone()))
    }
}

async fn read_about(path: &Path) -> io::Result<About> {
    let mut file = open_plain(path.to_owned()).await?;
    let metadata = file.metadata().await?;
    let mut tail = [0; TAIL];
    let length = metadata.len();
    let before_tail = length.checked_sub(TAIL as u64).filter(|_| metadata.is_file()).ok_or_else(no_result)?;
    file.seek(SeekFrom::Start(before_tail)).await?;
    file.read_exact(&mut tail).await?;
    let (about_length, magic) = tail.split_first_chunk().ok_or_else(no_result)?;
    let about_length = u64::from(u32::from_le_bytes(*about_length));
    let is_ours = *magic == MAGIC && about_length <= LONGEST_ABOUT;
    let images = before_tail.checked_sub(about_length).filter(|_| is_ours).ok_or_else(no_result)?;
    file.seek(SeekFrom::Start(images)).await?;
    let mut json = Vec::new();
    file.take(about_length).read_to_end(&mut json).await?;
    let about: About = serde_json::from_slice(&json).map_err(|_| no_result())?;
    let claimed = about.receipt.original.bytes.checked_add(about.receipt.bytes);
    if claimed == Some(images) { Ok(about) } else { Err(no_result()) }
}

fn no_result() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the file is no result")
}

/// Opens for reading, and follows no link, should one have been put there.
async fn open_plain(path: PathBuf) -> io::Result<File> {
    let metadata = tokio::fs::symlink_metadata(&path).await?;
    if !metadata.is_file() {
        return Err(no_result());
    }
    OpenOptions::new().read(true).open(path).await
}
