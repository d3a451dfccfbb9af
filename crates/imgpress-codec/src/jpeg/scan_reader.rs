use super::frame::{Scan, ScanComponent};
use super::huffman::{BitReader, HuffmanTable, OutOfData};
use super::scan_check::{Plane, Tables};

/// Stray bytes that may follow the data of a scan or of a restart interval, as libjpeg takes them with a
/// warning. More of them mean that the data went out of step.
const MAX_STRAY: usize = 16;

const BLOCK_OVERFLOW: Stop = Stop::Malformed("a block has more coefficients than places");

/// Reads one scan block by block, keeping nothing but which coefficients are not zero.
pub(super) struct ScanReader<'a> {
    bits: BitReader<'a>,
    scan: &'a Scan,
    /// By component of the scan: its tables, where this kind of scan needs them.
    tables: Vec<(Option<&'a HuffmanTable>, Option<&'a HuffmanTable>)>,
    progressive: bool,
    /// Blocks still to come whose band is at its end (EOBRUN).
    end_of_band: u32,
    units_to_restart: usize,
    next_restart: u8,
}

/// What ends the reading of a block early.
pub(super) enum Stop {
    OutOfData,
    Malformed(&'static str),
}

impl From<OutOfData> for Stop {
    fn from(_: OutOfData) -> Self {
        Self::OutOfData
    }
}

impl<'a> ScanReader<'a> {
    pub(super) fn new(
        bits: BitReader<'a>,
        tables: &'a Tables,
        scan: &'a Scan,
        progressive: bool,
    ) -> Result<Self, Stop> {
        let needs_dc = !progressive || (scan.first == 0 && scan.high == 0);
        let needs_ac = !progressive || scan.first != 0;
        let find = |class: &'a [Option<Box<HuffmanTable>>; 4], number: usize, needed: bool| {
            let table = class.get(number).and_then(Option::as_deref).filter(|_| needed);
            if needed && table.is_none() {
                Err(Stop::Malformed("a Huffman table is missing"))
            } else {
                Ok(table)
            }
        };
        let pair = |component: &ScanComponent| {
            Ok((
                find(&tables.dc, component.dc_table, needs_dc)?,
                find(&tables.ac, component.ac_table, needs_ac)?,
            ))
        };
        let tables = scan.components.iter().map(pair).collect::<Result<_, Stop>>()?;
        Ok(Self {
            bits,
            scan,
            tables,
            progressive,
            end_of_band: 0,
            units_to_restart: usize::MAX,
            next_restart: 0,
        })
    }

    /// A scan of one component: its blocks row by row.
    pub(super) fn single(&mut self, plane: &mut Plane, restart: usize) -> Result<(), Stop> {
        self.begin(restart);
        for row in 0..plane.size.1 {
            for column in 0..plane.size.0 {
                self.unit(restart)?;
                self.block(0, plane, row * plane.padded.0 + column)?;
            }
        }
        self.end()
    }

    /// A scan of several components: units of some blocks of each.
    pub(super) fn interleaved(&mut self, planes: &mut [Plane], restart: usize) -> Result<(), Stop> {
        self.begin(restart);
        let scan = self.scan;
        let first = &planes[scan.components[0].index];
        let (across, down) = (first.padded.0 / first.unit.0, first.padded.1 / first.unit.1);
        for row in 0..down {
            for column in 0..across {
                self.unit(restart)?;
                for (position, component) in scan.components.iter().enumerate() {
                    let plane = &mut planes[component.index];
                    let (unit_across, unit_down) = plane.unit;
                    for block in 0..unit_across * unit_down {
                        let (x, y) = (
                            column * unit_across + block % unit_across,
                            row * unit_down + block / unit_across,
                        );
                        self.block(position, plane, y * plane.padded.0 + x)?;
                    }
                }
            }
        }
        self.end()
    }

    fn begin(&mut self, restart: usize) {
        self.units_to_restart = if restart == 0 { usize::MAX } else { restart };
    }

    /// Begins one unit of blocks: behind a restart marker where one is due.
    fn unit(&mut self, restart: usize) -> Result<(), Stop> {
        if self.units_to_restart == 0 {
            match self.bits.next_marker() {
                (None, _) => return Err(Stop::OutOfData),
                (Some(marker), stray) if stray > MAX_STRAY || marker != 0xd0 + self.next_restart => {
                    return Err(Stop::Malformed("its restart markers are out of step"));
                }
                _ => {}
            }
            self.next_restart = (self.next_restart + 1) % 8;
            self.end_of_band = 0;
            self.units_to_restart = restart;
        }
        self.units_to_restart -= 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stop> {
        match self.bits.next_marker() {
            (Some(_), _) => Err(Stop::Malformed("a scan has more restart markers than its picture needs")),
            (None, stray) if stray > MAX_STRAY => {
                Err(Stop::Malformed("a scan has more data than its picture needs"))
            }
            _ => Ok(()),
        }
    }

    fn block(&mut self, position: usize, plane: &mut Plane, block: usize) -> Result<(), Stop> {
        match (self.progressive, self.scan.first, self.scan.high) {
            (false, _, _) => {
                self.dc(position)?;
                self.sequential_ac(position)
            }
            (true, 0, 0) => self.dc(position),
            (true, 0, _) => Ok(self.bits.skip(1)?),
            (true, _, 0) => self.first_ac(&mut plane.nonzero[block]),
            (true, _, _) => self.refine_ac(&mut plane.nonzero[block]),
        }
    }

    /// The next code's two halves: a run of zeros, and the size of the coefficient after it.
    fn ac_code(&mut self, position: usize) -> Result<(u32, u32), Stop> {
        let code = self.code(self.tables[position].1)?;
        Ok((u32::from(code >> 4), u32::from(code & 15)))
    }

    fn code(&mut self, table: Option<&HuffmanTable>) -> Result<u8, Stop> {
        let table = table.ok_or(Stop::Malformed("a Huffman table is missing"))?;
        self.bits.symbol(table)?.ok_or(Stop::Malformed("its data has a code that is in no table"))
    }

    fn dc(&mut self, position: usize) -> Result<(), Stop> {
        let size = self.code(self.tables[position].0)?;
        if size > 11 {
            return Err(Stop::Malformed("a coefficient is out of range"));
        }
        Ok(self.bits.skip(size.into())?)
    }

    fn sequential_ac(&mut self, position: usize) -> Result<(), Stop> {
        let mut at = 1;
        while at < 64 {
            match self.ac_code(position)? {
                (15, 0) => at += 16,
                (_, 0) => break,
                (run, size) => {
                    at += run + 1;
                    self.bits.skip(size)?;
                }
            }
        }
        if at > 64 { Err(BLOCK_OVERFLOW) } else { Ok(()) }
    }

    fn first_ac(&mut self, nonzero: &mut u64) -> Result<(), Stop> {
        if self.end_of_band > 0 {
            self.end_of_band -= 1;
            return Ok(());
        }
        let last = u32::from(self.scan.last);
        let mut at = u32::from(self.scan.first);
        while at <= last {
            match self.ac_code(0)? {
                (15, 0) => at += 16,
                (run, 0) => {
                    self.end_of_band = (1 << run) - 1 + self.bits.take(run)?;
                    return Ok(());
                }
                (run, size) => {
                    at += run;
                    if at > last {
                        return Err(BLOCK_OVERFLOW);
                    }
                    *nonzero |= 1 << at;
                    at += 1;
                    self.bits.skip(size)?;
                }
            }
        }
        if at > last + 1 { Err(BLOCK_OVERFLOW) } else { Ok(()) }
    }

    /// A refining scan has a bit for each coefficient that was not zero before, between the codes (T.81, G.1.2.3).
    fn refine_ac(&mut self, nonzero: &mut u64) -> Result<(), Stop> {
        let last = u32::from(self.scan.last);
        let mut at = u32::from(self.scan.first);
        let before = *nonzero;
        while self.end_of_band == 0 && at <= last {
            let (mut run, size) = self.ac_code(0)?;
            if size == 0 && run < 15 {
                self.end_of_band = (1 << run) + self.bits.take(run)?;
                break;
            }
            if size > 1 {
                return Err(Stop::Malformed("a coefficient is out of range"));
            }
            self.bits.skip(size)?;
            while at <= last {
                if before >> at & 1 == 1 {
                    self.bits.skip(1)?;
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            if size == 1 {
                if at > last {
                    return Err(BLOCK_OVERFLOW);
                }
                *nonzero |= 1 << at;
            }
            at += 1;
        }
        if self.end_of_band > 0 {
            self.end_of_band -= 1;
            let rest = if at > last { 0 } else { before >> at << (63 - last + at) };
            self.skip_bits(rest.count_ones())?;
        }
        Ok(())
    }

    fn skip_bits(&mut self, count: u32) -> Result<(), Stop> {
        self.bits.skip(count.min(32))?;
        Ok(self.bits.skip(count.saturating_sub(32))?)
    }
}
