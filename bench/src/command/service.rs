//! The whole service over HTTP, beside a server of Fastify and sharp on the same machine in the same run.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::cli::{Folders, Service};
use crate::http::Client;
use crate::load::{self, Load, Request};
use crate::measure::sources;
use crate::picture::{Picture, Source};
use crate::score::Scorer;
use crate::server::Server;
use crate::statistics::{mean, median, quantile};
use crate::table::Table;

/// Measures, and prints a table.
///
/// # Errors
///
/// A picture cannot be read, a server cannot be started, or an answer is not 200.
pub(crate) fn run(folders: &Folders, options: &Service) -> Result<()> {
    let Measured { table, peer, own } = measured(folders, options)?;
    println!("{peer}; load generator: at most {:.1} % of a core\n\n{table}", own * 100.0);
    Ok(())
}

/// What was measured.
pub(crate) struct Measured {
    /// A row for each class and server.
    pub(crate) table: Table,
    /// What the peer is made of.
    pub(crate) peer: String,
    /// CPU time of the load generator, as a part of one core: the most in any turn.
    pub(crate) own: f64,
}

/// Measures all classes.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn measured(folders: &Folders, options: &Service) -> Result<Measured> {
    let headings = [
        "pictures",
        "server",
        "quality",
        "requests/s",
        "× peer",
        "p50 ms",
        "p99 ms",
        "CPU ms/request",
        "KB a picture",
        "SSIMULACRA2",
        "peak MB",
    ];
    let mut table = Table::new(headings);
    let mut peer = String::new();
    let mut own = 0.0_f64;
    for (class, sources) in workloads(folders, options)? {
        // Fresh ones for each class, so that the peak is that of its pictures.
        let (fastify, version) = Server::fastify(&folders.peers)?;
        let servers = [Server::imgpress(&options.imgpress)?, fastify];
        peer = version;
        let pictures =
            sources.iter().map(|source| Picture::load(source, None)).collect::<Result<Vec<_>>>()?;
        let subjects = subjects(&sources, &pictures)?;
        let mut contenders = contenders(&servers, &subjects, options)?;
        prepare(&servers, &mut contenders, &subjects)?;
        let megapixels: f64 = pictures.iter().map(Picture::megapixels).sum();
        let times = (options.megapixels / megapixels).ceil().max(1.0) as usize;
        own = own.max(take_turns(&servers, &mut contenders, times, options)?);
        let label = format!("{class} ({})", sources.len());
        contenders.iter().for_each(|c| table.push(c.row(&label, &servers[c.server], &contenders)));
    }
    Ok(Measured { table, peer, own })
}

/// Loads one server after the other, round by round. Gives the most of a core that sending and reading took.
fn take_turns(
    servers: &[Server; 2],
    contenders: &mut [Contender],
    times: usize,
    options: &Service,
) -> Result<f64> {
    let mut own = 0.0_f64;
    for _ in 0..options.rounds.max(1) {
        for contender in contenders.iter_mut() {
            let server = &servers[contender.server];
            let before = server.cpu();
            let load = load::run(server.port, &contender.requests, times, options.connections)?;
            own = own.max(load.own);
            contender.cpu.push((server.cpu() - before) * 1e3 / load.latencies.len() as f64);
            contender.loads.push(load);
        }
    }
    Ok(own)
}

/// The pictures of each class, those of more than the largest size left out.
fn workloads(folders: &Folders, options: &Service) -> Result<BTreeMap<String, Vec<Source>>> {
    let mut classes: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in sources(&folders.corpus, &options.set, &folders.sets)? {
        let (width, height) = image::image_dimensions(&source.path).with_context(|| source.label())?;
        let small_enough = f64::from(width) * f64::from(height) <= options.largest * 1e6;
        if small_enough && options.classes.contains(&source.class) {
            classes.entry(source.class.clone()).or_default().push(source);
        }
    }
    ensure!(!classes.is_empty(), "no picture of these classes");
    Ok(classes)
}

/// One server with the qualities that it is asked for.
struct Contender {
    name: String,
    /// 0 for imgpress, 1 for the peer.
    server: usize,
    effort: Option<String>,
    /// For each picture.
    qualities: Vec<u8>,
    requests: Vec<Request>,
    bytes: Vec<f64>,
    scores: Vec<f64>,
    loads: Vec<Load>,
    /// Milliseconds a request, of each stretch.
    cpu: Vec<f64>,
}

impl Contender {
    fn new(name: String, server: usize, effort: Option<&String>, quality: u8, pictures: usize) -> Self {
        let empty = Vec::new;
        Self {
            name,
            server,
            effort: effort.cloned(),
            qualities: vec![quality; pictures],
            requests: Vec::new(),
            bytes: empty(),
            scores: empty(),
            loads: Vec::new(),
            cpu: empty(),
        }
    }

    fn options(&self, quality: u8) -> String {
        let effort = self.effort.as_ref().map(|effort| format!("&effort={effort}"));
        format!("quality={quality}{}", effort.unwrap_or_default())
    }

    fn row(&self, class: &str, server: &Server, all: &[Self]) -> Vec<String> {
        let rate = |contender: &Self| {
            median(&contender.loads.iter().map(|load| load.rate).collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        // Of the stretches that follow one another, so that what else the machine does falls on both.
        let peer = all.iter().find(|contender| contender.server == 1).unwrap_or(self);
        let ratios: Vec<_> =
            self.loads.iter().zip(&peer.loads).map(|(own, other)| own.rate / other.rate).collect();
        let latencies: Vec<_> = self.loads.iter().flat_map(|load| load.latencies.iter().copied()).collect();
        let latency = |part| quantile(&latencies, part).unwrap_or(f64::NAN);
        let (least, most) = (self.qualities.iter().min(), self.qualities.iter().max());
        let (least, most) = (least.copied().unwrap_or(0), most.copied().unwrap_or(0));
        let qualities = if least == most { least.to_string() } else { format!("{least}–{most}") };
        vec![
            class.to_owned(),
            self.name.clone(),
            qualities,
            format!("{:.2}", rate(self)),
            format!("{:.2}", median(&ratios).unwrap_or(f64::NAN)),
            format!("{:.0}", latency(0.5)),
            format!("{:.0}", latency(0.99)),
            format!("{:.1}", median(&self.cpu).unwrap_or(f64::NAN)),
            format!("{:.1}", mean(&self.bytes).unwrap_or(f64::NAN) / 1e3),
            format!("{:.2}", mean(&self.scores).unwrap_or(f64::NAN)),
            format!("{:.0}", server.peak()),
        ]
    }
}

/// A picture to send, and what its answers are compared with.
struct Subject<'p> {
    label: String,
    image: Vec<u8>,
    scorer: Scorer<'p>,
}

fn subjects<'p>(sources: &[Source], pictures: &'p [Picture]) -> Result<Vec<Subject<'p>>> {
    let subject = |(source, picture): (&Source, &'p Picture)| {
        let image = fs::read(&source.path)?;
        Ok(Subject { label: source.label(), image, scorer: Scorer::new(picture) })
    };
    sources.iter().zip(pictures).map(subject).collect()
}

/// What a server makes of a picture: bytes and SSIMULACRA2.
fn answer(
    servers: &[Server; 2],
    contender: &Contender,
    quality: u8,
    subject: &Subject<'_>,
) -> Result<(usize, f64)> {
    let server = &servers[contender.server];
    let mut jpeg = Vec::new();
    let request = server.request(&contender.options(quality), &subject.image);
    Client::connect(server.port)?.ask(&request, &mut jpeg).with_context(|| subject.label.clone())?;
    Ok((jpeg.len(), subject.scorer.ssimulacra2(&jpeg)?))
}

/// imgpress at each effort, at the quality asked for and at those that look no worse than the peer's; and the peer.
fn contenders(servers: &[Server; 2], subjects: &[Subject<'_>], options: &Service) -> Result<Vec<Contender>> {
    let new = |name: &str, server, effort| {
        Contender::new(name.to_owned(), server, effort, options.quality, subjects.len())
    };
    let peer = new("Fastify + sharp, mozjpeg", 1, None);
    let looks: Vec<_> = subjects
        .iter()
        .map(|subject| Ok(answer(servers, &peer, options.quality, subject)?.1))
        .collect::<Result<_>>()?;
    let mut contenders = Vec::new();
    for effort in &options.efforts {
        contenders.push(new(&format!("imgpress, {effort}"), 0, Some(effort)));
        let mut alike = new(&format!("imgpress, {effort}, no lower score"), 0, Some(effort));
        for (index, subject) in subjects.iter().enumerate() {
            alike.qualities[index] = no_lower(servers, &alike, subject, options.quality, looks[index])?;
        }
        contenders.push(alike);
    }
    contenders.push(peer);
    Ok(contenders)
}

/// The lowest quality whose score is no lower than the one wanted, found step by step.
fn no_lower(
    servers: &[Server; 2],
    contender: &Contender,
    subject: &Subject<'_>,
    start: u8,
    wanted: f64,
) -> Result<u8> {
    let reaches = |quality| Ok::<_, anyhow::Error>(answer(servers, contender, quality, subject)?.1 >= wanted);
    let mut quality = start;
    if reaches(quality)? {
        while quality > 1 && reaches(quality - 1)? {
            quality -= 1;
        }
    } else {
        while quality < 100 && !reaches(quality + 1)? {
            quality += 1;
        }
        quality = (quality + 1).min(100);
    }
    Ok(quality)
}

/// Makes the requests of each contender, with what their answers have to be.
fn prepare(servers: &[Server; 2], contenders: &mut [Contender], subjects: &[Subject<'_>]) -> Result<()> {
    for contender in contenders {
        for (index, subject) in subjects.iter().enumerate() {
            let quality = contender.qualities[index];
            let (length, score) = answer(servers, contender, quality, subject)?;
            let bytes = servers[contender.server].request(&contender.options(quality), &subject.image);
            contender.requests.push(Request { bytes, answer: length });
            contender.bytes.push(length as f64);
            contender.scores.push(score);
        }
    }
    Ok(())
}
