use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::client::Client;
use crate::exchange::Answer;
use crate::statistics::Random;

/// How long an answer is waited for after its step has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// Requests under way, at most: beyond that, what is due is counted as not sent.
const MOST_AT_ONCE: usize = 1500;

/// What became of the requests of a step.
#[derive(Default)]
pub(crate) struct Answers {
    /// Milliseconds from when a request was due to the end of its answer, of those with 200.
    pub(crate) accepted: Vec<f64>,
    /// The same of those with 429 or 503.
    pub(crate) refused: Vec<f64>,
    /// Requests with another answer.
    pub(crate) others: usize,
    /// Requests without one: the connection broke, or it took too long.
    pub(crate) lost: usize,
    /// Requests that this program did not send, having too many under way.
    pub(crate) unsent: usize,
    /// Milliseconds that the accepted took without load, in all. Which pictures come in is chance, and a large one takes
    /// twenty times as long as a small one: this tells apart what chance did from what was done.
    pub(crate) work: f64,
    /// Seconds from the first request due to the last answer with 200.
    pub(crate) seconds: f64,
}

impl Answers {
    /// Takes in those of a later time.
    pub(crate) fn add(&mut self, later: Self) {
        self.accepted.extend(later.accepted);
        self.refused.extend(later.refused);
        self.others += later.others;
        self.lost += later.lost;
        self.unsent += later.unsent;
        self.work += later.work;
        self.seconds += later.seconds;
    }
}

/// Sends requests at this rate a second for so long, at random intervals as independent clients do (a Poisson process),
/// whatever is answered. `alone` has the milliseconds that each takes without load.
pub(crate) async fn open_loop(
    client: &Arc<Client>,
    requests: &Arc<Vec<Vec<u8>>>,
    alone: &[f64],
    rate: f64,
    seconds: f64,
) -> Answers {
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(seconds);
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let under_way = Arc::new(AtomicUsize::new(0));
    let mut answers = Answers::default();
    let (mut random, mut due) = (Random::new(), begin);
    for index in 0.. {
        due += Duration::from_secs_f64(-random.next().ln() / rate);
        if due >= end {
            break;
        }
        sleep_until(due).await;
        if under_way.load(Ordering::Relaxed) >= MOST_AT_ONCE {
            answers.unsent += 1;
            continue;
        }
        under_way.fetch_add(1, Ordering::Relaxed);
        let (client, requests) = (Arc::clone(client), Arc::clone(requests));
        let (sender, under_way) = (sender.clone(), Arc::clone(&under_way));
        tokio::spawn(async move {
            let request = &requests[index % requests.len()];
            let answer = timeout_at(end + PATIENCE, client.ask(request)).await;
            under_way.fetch_sub(1, Ordering::Relaxed);
            let _ = sender.send((index, due.elapsed(), answer.map_err(Into::into).flatten()));
        });
    }
    drop(sender);
    let mut last = begin;
    while let Some((index, took, answer)) = receiver.recv().await {
        count(&mut answers, took, &answer);
        if matches!(answer, Ok(Answer { status: 200, .. })) {
            answers.work += alone[index % alone.len()];
            last = Instant::now();
        }
    }
    answers.seconds = (last - begin).as_secs_f64();
    answers
}

fn count(answers: &mut Answers, took: Duration, answer: &Result<Answer>) {
    let ms = took.as_secs_f64() * 1e3;
    match answer {
        Ok(Answer { status: 200, .. }) => answers.accepted.push(ms),
        Ok(Answer { status: 429 | 503, .. }) => answers.refused.push(ms),
        Ok(_) => answers.others += 1,
        Err(_) => answers.lost += 1,
    }
}

/// Sends requests one after the other on so many connections, each its next as soon as it has an answer, until so many
/// have been answered. Gives requests a second, and milliseconds of each.
///
/// # Errors
/// An answer is not 200.
pub(crate) async fn closed_loop(
    client: &Arc<Client>,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    total: usize,
) -> Result<(f64, Vec<f64>)> {
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (client, requests, next) = (Arc::clone(client), Arc::clone(requests), Arc::clone(&next));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= total {
                        return anyhow::Ok(latencies);
                    }
                    let sent = Instant::now();
                    let answer = client.ask(&requests[index % requests.len()]).await?;
                    anyhow::ensure!(answer.status == 200, "an answer of {}", answer.status);
                    latencies.push(sent.elapsed().as_secs_f64() * 1e3);
                }
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok((total as f64 / begin.elapsed().as_secs_f64(), latencies))
}
