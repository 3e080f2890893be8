//! The recorder behind `GET /metrics`, in the text format of Prometheus.

use std::{sync::OnceLock, thread, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of a histogram of times, in seconds: from a cached page to a whole book.
const SECONDS: [f64; 12] = [
    0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0,
];

/// Upper bounds of a histogram of batch sizes, in rows: powers of two.
const ROWS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Time between two upkeeps. Until one comes, every value of a histogram is kept by itself; some
/// thousands a second are a few hundred kilobytes then.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once; later calls do nothing. Histograms whose name ends
/// in `_seconds` or `_rows` get the buckets of that unit.
///
/// # Panics
/// Another recorder is installed in this process.
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
        // Nobody may ever ask for the metrics; a thread, because there may be no runtime yet.
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
            tracing::warn!(%error, "metrics take more and more memory until they are asked for");
        }
        recorder
    });
}

/// The body of `GET /metrics`; empty before [`install`].
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
