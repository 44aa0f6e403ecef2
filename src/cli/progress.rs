//! A sign of life on the standard error, for long runs on a terminal.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::report::messages::{Lang, Step, Text};

/// Runs shorter than this show nothing.
const QUIET: Duration = Duration::from_millis(700);

/// A spinner that appears when the run is long; it goes away when dropped.
pub(super) struct Progress {
    lang: Lang,
    worker: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Nothing but on a terminal.
    pub(super) fn new(lang: Lang) -> Self {
        let worker = stderr().is_terminal().then(|| {
            let (sender, receiver) = channel::<String>();
            let handle = std::thread::spawn(move || {
                let mut message = String::new();
                let mut bar: Option<ProgressBar> = None;
                loop {
                    match receiver.recv_timeout(if bar.is_some() {
                        Duration::from_millis(120)
                    } else {
                        QUIET
                    }) {
                        Ok(text) => message = text,
                        Err(RecvTimeoutError::Timeout) => {
                            let bar = bar.get_or_insert_with(ProgressBar::new_spinner);
                            bar.set_message(message.clone());
                            bar.tick();
                        }
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                }
            });
            (sender, handle)
        });
        Self { lang, worker }
    }

    /// What is being done now.
    pub(super) fn step(&self, step: Step) {
        if let Some((sender, _)) = &self.worker {
            // The worker lives as long as the sender.
            let _ = sender.send(self.lang.say(&Text::Progress(step)));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, handle)) = self.worker.take() {
            drop(sender);
            let _ = handle.join();
        }
    }
}
