//! Measurements of a run, as a line of JSON.

use std::time::Duration;
use std::{fmt, fs};

use serde::Serialize;

/// Meaning of the fields, for the help text.
pub(crate) const MEANING: &str = "\
The figures are one line of JSON:
  tokens_per_s     target tokens per second
  sentences_per_s  sentences per second
  p50_ms, p95_ms   latency of a sentence, from the start of its batch
  peak_rss_mb      peak resident memory of the process, in MiB
  load_ms          time to load the model";

/// Measurements of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    tokens_per_s: f64,
    sentences_per_s: f64,
    p50_ms: f64,
    p95_ms: f64,
    /// `None` on systems other than Linux, which do not report it.
    peak_rss_mb: Option<f64>,
    load_ms: f64,
}

impl Figures {
    /// Computes the figures of a run from its number of target tokens and the latency of each
    /// sentence. Memory is measured at the time of the call.
    pub(crate) fn new(
        load: Duration,
        run: Duration,
        tokens: usize,
        mut latencies: Vec<Duration>,
    ) -> Self {
        latencies.sort_unstable();
        Self {
            tokens_per_s: tokens as f64 / run.as_secs_f64(),
            sentences_per_s: latencies.len() as f64 / run.as_secs_f64(),
            p50_ms: milliseconds(percentile(&latencies, 50)),
            p95_ms: milliseconds(percentile(&latencies, 95)),
            peak_rss_mb: peak_rss_mb(),
            load_ms: milliseconds(load),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&json)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Returns the smallest of the sorted values that `percent` of them do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn peak_rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(10));
        assert_eq!(percentile(&times, 95), Duration::from_millis(19));
        assert_eq!(percentile(&times[..1], 95), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
