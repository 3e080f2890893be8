//! The recorder for `GET /metrics`, in the text format of Prometheus.

use std::{sync::OnceLock, thread, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets of durations, in seconds: from a cached page to an entire book.
const SECONDS: [f64; 12] = [
    0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0,
];

/// Upper bounds of the buckets of batch sizes, in rows: powers of two.
const ROWS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Interval between two upkeeps. Until the next one, every value of a histogram is stored
/// individually; a few thousand per second take a few hundred kilobytes.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once; later calls do nothing. Histograms whose names end
/// in `_seconds` or `_rows` get the buckets of that unit.
///
/// # Panics
/// If another recorder is installed in this process.
pub fn install() {
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_rows".into()), &ROWS)
            })
            .expect("bucket lists are not empty")
            .install_recorder()
            .expect("the only recorder of the process");
        // The metrics may never be scraped, and there may be no runtime yet, so upkeep has a
        // thread.
        let upkeep = recorder.clone();
        let started = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || {
                loop {
                    thread::park_timeout(UPKEEP);
                    upkeep.run_upkeep();
                }
            });
        if let Err(error) = started {
            tracing::warn!(%error, "metrics will use more and more memory until they are scraped");
        }
        recorder
    });
}

/// Returns the body of `GET /metrics`; empty before [`install`].
#[must_use]
pub fn render() -> String {
    RECORDER
        .get()
        .map(|recorder| {
            recorder.run_upkeep();
            recorder.render()
        })
        .unwrap_or_default()
}
