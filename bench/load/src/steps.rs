use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::arrival::{Answers, closed_loop, open_loop};
use crate::client::Client;
use crate::memory::Watch;
use crate::server::Server;
use crate::statistics::percentile;
use crate::{exchange, plot};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// One step.
pub(crate) struct Step {
    /// Of the capacity.
    pub(crate) multiple: f64,
    /// Requests a second that were due.
    pub(crate) offered: f64,
    pub(crate) answers: Answers,
    /// Milliseconds of each look at /health; infinite without an answer of 200.
    health: Vec<f64>,
    /// Seconds after the step until a request took no longer than twice what it does without load.
    recovery: f64,
    /// MB.
    memory: f64,
}

impl Step {
    /// Requests a second that were compressed.
    pub(crate) fn goodput(&self) -> f64 {
        self.answers.accepted.len() as f64 / self.answers.seconds
    }

    /// Of each second, how many were spent on what was compressed, if it took as long as without load: as many as there are
    /// cores, at most.
    fn work(&self) -> f64 {
        self.answers.work / 1e3 / self.answers.seconds
    }

    /// Takes in a step of the same load of a later round.
    fn add(&mut self, later: Self) {
        self.answers.add(later.answers);
        self.health.extend(later.health);
        self.recovery = self.recovery.max(later.recovery);
        self.memory = self.memory.max(later.memory);
    }
}

/// What is offered.
pub(crate) struct Offer {
    /// Multiples of the capacity, each a step.
    pub(crate) multiples: Vec<f64>,
    /// Seconds a step.
    pub(crate) seconds: f64,
    /// How often all steps are gone through. A machine that is slower for a minute is so for all of them alike, where rounds
    /// are many and steps are short.
    pub(crate) rounds: NonZeroUsize,
}

/// Finds the capacity, offers multiples of it, and prints a table.
pub(crate) async fn run(
    server: &Server,
    requests: &[Vec<u8>],
    offer: &Offer,
    plot: Option<&Path>,
) -> Result<()> {
    let (client, requests) = (Arc::new(Client::new(server.port)), Arc::new(requests.to_vec()));
    let mean = requests.iter().map(Vec::len).sum::<usize>() as f64 / requests.len() as f64;
    closed_loop(&client, &requests, 2, requests.len().min(20)).await?;
    let (_, alone) = closed_loop(&client, &requests, 1, requests.len()).await?;
    let (capacity, _) = closed_loop(&client, &requests, 6, (requests.len() * 2).max(100)).await?;
    println!(
        "{} pictures, {:.0} kB in the mean. Without load p50 {:.0} ms, p99 {:.0} ms. Capacity {capacity:.1} requests/s.\n",
        requests.len(),
        mean / 1e3,
        percentile(&alone, 0.5),
        percentile(&alone, 0.99)
    );
    let calm = percentile(&alone, 0.99) * 2.0;
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..offer.rounds.get() {
        for (index, &multiple) in offer.multiples.iter().enumerate() {
            let load = (multiple, capacity * multiple, offer.seconds);
            let step = step(server, &client, (&requests, &alone), load, calm).await?;
            match steps.get_mut(index) {
                Some(earlier) => earlier.add(step),
                None => steps.push(step),
            }
        }
    }
    print_table(&steps, capacity);
    plot.map_or(Ok(()), |path| plot::draw(&steps, capacity, path))
}

async fn step(
    server: &Server,
    client: &Arc<Client>,
    (requests, alone): (&Arc<Vec<Vec<u8>>>, &[f64]),
    (multiple, offered, seconds): (f64, f64, f64),
    calm: f64,
) -> Result<Step> {
    let (memory, port) = (Watch::start(server.pid), server.port);
    let health = tokio::spawn(look_at_health(port, seconds));
    let answers = open_loop(client, requests, alone, offered, seconds).await;
    let ended = Instant::now();
    loop {
        let asked = Instant::now();
        let answer = client.ask(&requests[0]).await;
        let is_calm = asked.elapsed().as_secs_f64() * 1e3 <= calm;
        if is_calm && answer.is_ok_and(|answer| answer.status == 200) {
            break;
        }
        if ended.elapsed() > Duration::from_secs(60) {
            break;
        }
    }
    let recovery = ended.elapsed().as_secs_f64();
    let memory = memory.most();
    Ok(Step { multiple, offered, answers, health: health.await?, recovery, memory })
}

async fn look_at_health(port: u16, seconds: f64) -> Vec<f64> {
    let (mut ticks, begin) = (tokio::time::interval(Duration::from_millis(200)), Instant::now());
    let mut latencies = Vec::new();
    while begin.elapsed().as_secs_f64() < seconds {
        let due = ticks.tick().await;
        let answer = tokio::time::timeout(Duration::from_secs(10), exchange::once(port, HEALTH)).await;
        let is_well = matches!(answer, Ok(Ok(exchange::Answer { status: 200, .. })));
        latencies.push(if is_well { due.elapsed().as_secs_f64() * 1e3 } else { f64::INFINITY });
    }
    latencies
}

fn print_table(steps: &[Step], capacity: f64) {
    let most = |of: fn(&Step) -> f64| steps.iter().map(of).fold(0.0, f64::max);
    let (best, most_work) = (most(Step::goodput), most(Step::work));
    println!(
        "| load | offered/s | done/s | of capacity | of best | work | of best | done p50 | p99 | p99.9 | refused | p50 | p99 | p99.9 | other | lost | unsent | health p99 | recovery | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for step in steps {
        let Answers { accepted, refused, others, lost, unsent, .. } = &step.answers;
        let of = |values: &[f64], part| percentile(values, part);
        println!(
            "| {}× | {:.1} | {:.1} | {:.0} % | {:.1} % | {:.3} | {:.1} % | {:.0} ms | {:.0} | {:.0} | {} | {:.1} ms | {:.1} | {:.1} | {others} | {lost} | {unsent} | {:.1} ms | {:.1} s | {:.0} MB |",
            step.multiple,
            step.offered,
            step.goodput(),
            step.goodput() / capacity * 100.0,
            step.goodput() / best * 100.0,
            step.work(),
            step.work() / most_work * 100.0,
            of(accepted, 0.5),
            of(accepted, 0.99),
            of(accepted, 0.999),
            refused.len(),
            of(refused, 0.5),
            of(refused, 0.99),
            of(refused, 0.999),
            of(&step.health, 0.99),
            step.recovery,
            step.memory,
        );
    }
}
