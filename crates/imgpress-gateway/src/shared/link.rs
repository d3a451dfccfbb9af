use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::{RedisUrl, memory, scripts};

/// How long it may take to connect, to log in and to write.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Between two tries to connect: the first time, and after many.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often a connection that nobody uses is tried.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What is written to see whether Redis takes writes: one that is full or a replica does not.
const PROBE: &str = "imgpress:probe";

/// What several gateways share, through one connection to Redis, which comes back by itself.
pub struct Shared {
    link: Arc<Link>,
    pub(super) scripts: scripts::Scripts,
    pub(super) memory: memory::Scripts,
    /// Keeps up the connection; ends with this.
    keeping: AbortHandle,
}

struct Link {
    client: Client,
    answer_within: Duration,
    state: Mutex<State>,
    lost: Notify,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Changes with every connection, so that a late failure of one says nothing of the next.
    number: u64,
    /// Why Redis is away, as it was logged last.
    logged: Option<String>,
}

impl Shared {
    /// Makes for Redis. One that is away is tried until it is there, and waited for a second at most.
    ///
    /// # Errors
    /// The URL asks for something that this build does not know.
    pub async fn connect(url: &RedisUrl, answer_within: Duration) -> io::Result<Self> {
        let client = Client::open(url.0.as_str()).map_err(|error| io::Error::other(error.to_string()))?;
        let link = Arc::new(Link { client, answer_within, state: Mutex::default(), lost: Notify::new() });
        link.try_once().await;
        let keeping = tokio::spawn(keep(Arc::clone(&link))).abort_handle();
        Ok(Self { link, scripts: Default::default(), memory: Default::default(), keeping })
    }

    /// Asks, if Redis is there, and for as long as a question may take. `None`: the gateway has to answer itself.
    pub(super) async fn ask<T: FromRedisValue>(&self, question: &ScriptInvocation<'_>) -> Option<T> {
        self.link.ask(async |mut connection| question.invoke_async(&mut connection).await).await
    }

    /// Has a command done, as [`ask`](Self::ask) asks.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        self.link.ask(async |mut connection| command.query_async(&mut connection).await).await
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

impl Link {
    async fn ask<T, A: Future<Output = RedisResult<T>>>(
        &self,
        question: impl FnOnce(MultiplexedConnection) -> A,
    ) -> Option<T> {
        let Some((connection, number)) = self.current() else {
            count("skipped");
            return None;
        };
        match within(self.answer_within, question(connection)).await {
            Ok(answer) => {
                count("answered");
                Some(answer)
            }
            Err(reason) => {
                count("failed");
                self.lose(number, &reason);
                None
            }
        }
    }

    fn current(&self) -> Option<(MultiplexedConnection, u64)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.connection.clone().map(|connection| (connection, state.number))
    }

    /// Gives up a connection, and has another made.
    fn lose(&self, number: u64, reason: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.number == number && state.connection.take().is_some() {
            state.say_away(reason);
            self.lost.notify_one();
        }
    }

    /// Tries to connect. What is said of it is said once.
    async fn try_once(&self) -> bool {
        let connected = within(CONNECT_WITHIN, self.connect()).await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match connected {
            Ok(connection) => {
                state.connection = Some(connection);
                state.number += 1;
                state.say_there();
                true
            }
            Err(reason) => {
                state.say_away(&reason);
                false
            }
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        // The times are kept here, for all of it together.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        write(&mut connection).await?;
        Ok(connection)
    }
}

impl State {
    fn say_away(&mut self, reason: &str) {
        metrics::gauge!("redis_up").set(0.0);
        if self.logged.as_deref() != Some(reason) {
            tracing::warn!(reason, "Redis is away; this gateway limits by itself until it is back");
            self.logged = Some(reason.to_owned());
        }
    }

    fn say_there(&mut self) {
        metrics::gauge!("redis_up").set(1.0);
        self.logged = None;
        tracing::info!("Redis is there; limits are shared through it");
    }
}

/// Connects whenever there is no connection, and sees to it that a dead one is noticed though nobody asks.
async fn keep(link: Arc<Link>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let since = Instant::now();
        while let Some((mut connection, number)) = link.current() {
            if timeout(LOOK_EVERY, link.lost.notified()).await.is_ok() {
                continue;
            }
            if let Err(reason) = within(CONNECT_WITHIN, write(&mut connection)).await {
                link.lose(number, &reason);
            }
        }
        // One that breaks as soon as it is there is no reason to hurry.
        pause = if since.elapsed() > LONGEST_PAUSE { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        sleep(pause).await;
        link.try_once().await;
    }
}

async fn write(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    redis::cmd("SET").arg(PROBE).arg(1).arg("PX").arg(1000).query_async(connection).await
}

/// What came of it, or why nothing did, in words without a secret.
async fn within<T>(time: Duration, asked: impl Future<Output = RedisResult<T>>) -> Result<T, String> {
    match timeout(time, asked).await {
        Ok(answer) => answer.map_err(|error: RedisError| error.to_string()),
        Err(_) => Err(format!("no answer within {time:?}")),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("redis_requests_total", "outcome" => outcome).increment(1);
}
