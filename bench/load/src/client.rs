use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use tokio::net::TcpStream;

use crate::exchange::{self, Answer, exchange};

/// Connections to a server, kept for whoever asks next, as clients behind a proxy have them.
pub(crate) struct Client {
    port: u16,
    idle: Mutex<Vec<TcpStream>>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, idle: Mutex::default() }
    }

    /// Asks on a connection that is free, or on a new one. One that the server has closed meanwhile is replaced once.
    pub(crate) async fn ask(&self, request: &[u8]) -> Result<Answer> {
        if let Some(mut kept) = self.take()
            && let Ok(answer) = exchange(&mut kept, request).await
        {
            return Ok(self.keep(kept, answer));
        }
        let mut stream = exchange::connect(self.port).await?;
        let answer = exchange(&mut stream, request).await?;
        Ok(self.keep(stream, answer))
    }

    fn take(&self) -> Option<TcpStream> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, stream: TcpStream, answer: Answer) -> Answer {
        if answer.keeps {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
        answer
    }
}
