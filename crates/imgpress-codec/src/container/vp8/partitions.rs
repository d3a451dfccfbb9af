//! A VP8 key frame as its partitions (RFC 6386, 9.1 and 9.5).

use super::Header;

/// The tag of a frame, its start code and its sides.
const HEAD: usize = 10;

/// Bits of the first partition's length, and the most that the bytes of another's hold.
const MOST_FIRST: usize = (1 << 19) - 1;
const MOST: usize = (1 << 24) - 1;

/// The first partition, of the frame's header and the modes of its macroblocks, and those of their coefficients. The last
/// ends where the data do; the others say how long they are.
#[derive(Clone)]
pub(crate) struct Partitions<'a> {
    head: [u8; HEAD],
    all: Vec<&'a [u8]>,
}

impl<'a> Partitions<'a> {
    /// `None` of what is no key frame, or one that is cut.
    pub(crate) fn read(frame: &'a [u8]) -> Option<Self> {
        let count = Header::read(frame)?.partitions;
        let (head, rest) = frame.split_first_chunk()?;
        let first = (u32::from_le_bytes([head[0], head[1], head[2], 0]) >> 5) as usize;
        let (first, rest) = rest.split_at_checked(first)?;
        let (sizes, mut rest) = rest.split_at_checked(3 * (count - 1))?;
        let mut all = vec![first];
        for &[b0, b1, b2] in sizes.as_chunks().0 {
            let (partition, after) = rest.split_at_checked(u32::from_le_bytes([b0, b1, b2, 0]) as usize)?;
            all.push(partition);
            rest = after;
        }
        all.push(rest);
        Some(Self { head: *head, all })
    }

    /// How many there are: two at least, nine at most.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Bytes of one.
    pub(crate) fn length(&self, index: usize) -> usize {
        self.all.get(index).map_or(0, |partition| partition.len())
    }

    /// The same with no more bytes than these of one.
    pub(crate) fn cut(&self, index: usize, length: usize) -> Self {
        let mut cut = self.clone();
        if let Some(partition) = cut.all.get_mut(index) {
            *partition = &partition[..length.min(partition.len())];
        }
        cut
    }

    /// The frame.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut frame = self.head.to_vec();
        let number = |partition: &[u8], most: usize| u32::try_from(partition.len().min(most)).unwrap_or(0);
        if let [first, others @ .., last] = &self.all[..] {
            let [tag, ..] = self.head;
            let tag = number(first, MOST_FIRST) << 5 | u32::from(tag & 31);
            frame[..3].copy_from_slice(&tag.to_le_bytes()[..3]);
            frame.extend_from_slice(first);
            let sizes = others.iter().map(|partition| number(partition, MOST).to_le_bytes());
            sizes.for_each(|size| frame.extend_from_slice(&size[..3]));
            others.iter().chain([last]).for_each(|partition| frame.extend_from_slice(partition));
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_written_as_it_was_read() {
        let file = include_bytes!("../../../tests/codec/lossy.webp");
        let frame = &file[20..];
        let partitions = Partitions::read(frame).unwrap();
        assert_eq!(partitions.count(), 2);
        assert_eq!(partitions.write(), frame);
        for index in 0..2 {
            let length = partitions.length(index);
            let cut = partitions.cut(index, length - 5).write();
            assert_eq!(cut.len(), frame.len() - 5);
            assert_eq!(Partitions::read(&cut).unwrap().length(index), length - 5);
        }
        for length in 0..frame.len() {
            if let Some(cut) = Partitions::read(&frame[..length]) {
                assert_eq!(cut.length(0), partitions.length(0), "{length} bytes");
            }
        }
    }
}
