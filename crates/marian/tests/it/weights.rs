//! Loading of every container, and of faulty files.

use std::path::Path;

use half::{bf16, f16};
use marian::weights::Weights;
use marian::{Config, Error, Execution, Network, Row, Search, generate};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::data;

const CONTAINERS: [&str; 4] = [
    "f32.safetensors",
    "bf16.safetensors",
    "zip.bin",
    "legacy.bin",
];

/// Returns a directory with the tiny model, with its weights in the given container.
pub(crate) fn tiny(container: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    for name in ["config.json", "generation_config.json"] {
        std::fs::copy(data("tiny").join(name), directory.path().join(name)).unwrap();
    }
    let name = if container.contains(".bin") {
        "pytorch_model.bin"
    } else {
        "model.safetensors"
    };
    std::fs::copy(data("tiny").join(container), directory.path().join(name)).unwrap();
    directory
}

fn load(directory: &Path) -> Result<Network, Error> {
    Network::load(directory, &Config::load(directory)?, &Execution::default())
}

fn weights_of(directory: &Path) -> std::path::PathBuf {
    let names = ["model.safetensors", "pytorch_model.bin"];
    names
        .into_iter()
        .map(|name| directory.join(name))
        .find(|path| path.exists())
        .unwrap()
}

/// Returns the message of a failed load, which must name the file.
fn error_of(directory: &Path, file: &str) -> String {
    let message = load(directory)
        .expect_err("a broken model was loaded")
        .to_string();
    assert!(message.contains(file), "does not name {file}: {message}");
    message
}

/// Changes one of the JSON files.
fn set(directory: &Path, file: &str, key: &str, value: serde_json::Value) {
    let path = directory.join(file);
    let mut json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    json[key] = value;
    std::fs::write(&path, json.to_string()).unwrap();
}

#[test]
fn all_containers_and_precisions_hold_the_same_model() {
    let row = Row {
        ids: vec![5, 6, 7, 8, 0],
        max_length: 20,
        no_repeat_ngram: 0,
        banned: [].into(),
        align: false,
    };
    let results = CONTAINERS.map(|container| {
        let directory = tiny(container);
        let config = Config::load(directory.path()).unwrap();
        let network = load(directory.path()).unwrap();
        generate(
            &network,
            std::slice::from_ref(&row),
            &Search::new(&config, Some(4)),
        )
        .unwrap()
    });
    assert!(
        results.iter().all(|result| *result == results[0]),
        "{results:?}"
    );
}

#[test]
fn a_file_cut_anywhere_is_an_error_that_names_it() {
    for container in CONTAINERS {
        let directory = tiny(container);
        let path = weights_of(directory.path());
        let whole = std::fs::read(&path).unwrap();
        let near_the_ends = (0..200).chain(whole.len() - 200..whole.len());
        for length in near_the_ends.chain((0..whole.len()).step_by(whole.len() / 150)) {
            std::fs::write(&path, &whole[..length]).unwrap();
            error_of(
                directory.path(),
                path.file_name().unwrap().to_str().unwrap(),
            );
        }
    }
}

proptest! {
    /// Whatever a file contains, loading it ends, and does not panic.
    #[test]
    fn damaged_bytes_never_panic(
        container in 0..CONTAINERS.len(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let directory = tiny(CONTAINERS[container]);
        let path = weights_of(directory.path());
        let mut bytes = std::fs::read(&path).unwrap();
        // Mostly in the index, which has the structure: at the start, or in a zip at the end.
        for (place, value) in places {
            let start = if CONTAINERS[container] == "zip.bin" { bytes.len() - 12_000 } else { 0 };
            let place = start + place.index(12_000.min(bytes.len()));
            bytes[place] = value;
        }
        std::fs::write(&path, bytes).unwrap();
        let _ = load(directory.path());
    }

    /// The same for bytes that were never a model.
    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), torch: bool) {
        let directory = tiny(if torch { "legacy.bin" } else { "f32.safetensors" });
        let path = weights_of(directory.path());
        std::fs::write(&path, bytes).unwrap();
        prop_assert!(load(directory.path()).is_err());
    }
}

#[test]
fn no_weights_at_all_names_both_files() {
    let directory = tiny("zip.bin");
    std::fs::remove_file(weights_of(directory.path())).unwrap();
    let message = load(directory.path()).unwrap_err().to_string();
    assert!(
        message.contains("model.safetensors") && message.contains("pytorch_model.bin"),
        "{message}"
    );
}

#[test]
fn a_shape_other_than_configured_names_tensor_and_shapes() {
    for container in CONTAINERS {
        let directory = tiny(container);
        set(
            directory.path(),
            "config.json",
            "encoder_ffn_dim",
            21.into(),
        );
        let file = weights_of(directory.path());
        let message = error_of(
            directory.path(),
            file.file_name().unwrap().to_str().unwrap(),
        );
        assert!(
            message.contains("model.encoder.layers.0.fc1.weight"),
            "{message}"
        );
        assert!(
            message.contains("[21, 24]") && message.contains("[20, 24]"),
            "{message}"
        );
    }
}

#[test]
fn a_layer_too_many_is_a_missing_tensor() {
    let directory = tiny("zip.bin");
    set(directory.path(), "config.json", "decoder_layers", 3.into());
    let message = error_of(directory.path(), "pytorch_model.bin");
    assert!(
        message.contains("model.decoder.layers.2.") && message.contains("is not in the file"),
        "{message}"
    );
}

/// Overwrites numbers of one tensor of the f32 model.
fn overwrite(directory: &Path, tensor: &str, first: usize, values: &[f32]) {
    let path = directory.join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let start = usize::try_from(json[tensor]["data_offsets"][0].as_u64().unwrap()).unwrap();
    for (index, value) in values.iter().enumerate() {
        let place = 8 + header + start + (first + index) * 4;
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
    }
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn decoding_must_start_from_a_zero_row() {
    let directory = tiny("f32.safetensors");
    overwrite(directory.path(), "model.shared.weight", 99 * 24 + 3, &[0.5]);
    let message = error_of(directory.path(), "model.safetensors");
    assert!(
        message.contains("model.shared.weight") && message.contains("row 99"),
        "{message}"
    );
}

#[test]
fn numbers_that_are_not_finite_are_an_error() {
    let directory = tiny("f32.safetensors");
    overwrite(
        directory.path(),
        "model.decoder.layers.1.fc2.bias",
        2,
        &[f32::NAN],
    );
    let message = error_of(directory.path(), "model.safetensors");
    assert!(
        message.contains("model.decoder.layers.1.fc2.bias"),
        "{message}"
    );
}

#[test]
fn a_pickle_that_would_run_a_command_is_refused() {
    // The output of `pickle.dumps` for an object whose `__reduce__` returns (os.system, ("true",)),
    // protocol 2.
    let attack = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.";
    let directory = tiny("legacy.bin");
    std::fs::write(weights_of(directory.path()), attack).unwrap();
    let message = error_of(directory.path(), "pytorch_model.bin");
    assert!(message.contains("posix.system"), "{message}");
}

#[test]
fn a_pickle_with_oversized_keys_or_shapes_is_refused() {
    let text = |text: &str| {
        [
            b"X",
            &u32::try_from(text.len()).unwrap().to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    let storage = |key: usize| {
        let key = text(&"7".repeat(key));
        let kind = b"ctorch\nFloatStorage\n";
        [
            b"(",
            &text("storage")[..],
            kind,
            &key,
            &text("cpu"),
            b"K\x01tQ",
        ]
        .concat()
    };
    let sizes = [b"(", &b"K\x01".repeat(9)[..], b"t"].concat();
    let rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n(";
    let tensor = [rebuild, &storage(1)[..], b"K\x00", &sizes, &sizes, b"tR"].concat();
    for (pickle, reason) in [(storage(257), "257 bytes"), (tensor, "9 dimensions")] {
        let directory = tiny("legacy.bin");
        let pickle = [b"\x80\x02", &pickle[..], b"."].concat();
        std::fs::write(weights_of(directory.path()), pickle).unwrap();
        let message = error_of(directory.path(), "pytorch_model.bin");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn a_length_from_nowhere_allocates_nothing() {
    let directory = tiny("f32.safetensors");
    for announced in [u64::MAX, u64::MAX - 7, 1 << 40, 100_000_000] {
        std::fs::write(
            directory.path().join("model.safetensors"),
            announced.to_le_bytes(),
        )
        .unwrap();
        error_of(directory.path(), "model.safetensors");
    }
    let header = r#"{"final_logits_bias":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    std::fs::write(directory.path().join("model.safetensors"), bytes).unwrap();
    error_of(directory.path(), "model.safetensors");
}

#[test]
fn a_setting_that_cannot_be_honoured_names_file_key_and_value() {
    for (file, key, value) in [
        ("config.json", "activation_function", "tanhshrink".into()),
        ("config.json", "normalize_embedding", true.into()),
        ("config.json", "model_type", "bart".into()),
        ("config.json", "d_model", (-3).into()),
        ("config.json", "d_model", 0.into()),
        ("config.json", "encoder_attention_heads", 7.into()),
        ("generation_config.json", "do_sample", true.into()),
        ("config.json", "max_position_embeddings", 65_537.into()),
        ("generation_config.json", "max_time", 1.5.into()),
        (
            "generation_config.json",
            "stop_strings",
            serde_json::json!(["."]),
        ),
        ("generation_config.json", "num_beams", "four".into()),
        ("generation_config.json", "num_beams", 17.into()),
        ("generation_config.json", "pad_token_id", 100.into()),
        (
            "generation_config.json",
            "bad_words_ids",
            serde_json::json!([[1, 100]]),
        ),
        (
            "generation_config.json",
            "early_stopping",
            "sometimes".into(),
        ),
    ] {
        let directory = tiny("f32.safetensors");
        set(directory.path(), file, key, value.clone());
        let message = Config::load(directory.path()).unwrap_err().to_string();
        for part in [file, key, &value.to_string()] {
            assert!(message.contains(part), "no {part} in: {message}");
        }
    }
}

#[test]
fn broken_json_names_the_file() {
    for (file, text) in [
        ("config.json", "{"),
        ("generation_config.json", "[]"),
        ("config.json", ""),
    ] {
        let directory = tiny("f32.safetensors");
        std::fs::write(directory.path().join(file), text).unwrap();
        assert!(
            Config::load(directory.path())
                .unwrap_err()
                .to_string()
                .contains(file)
        );
    }
    let directory = tiny("f32.safetensors");
    std::fs::remove_file(directory.path().join("config.json")).unwrap();
    assert!(
        Config::load(directory.path())
            .unwrap_err()
            .to_string()
            .contains("config.json")
    );
}

#[test]
fn keys_that_are_missing_take_the_defaults_of_transformers() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("config.json"), "{}").unwrap();
    let config = Config::load(directory.path()).unwrap();
    assert_eq!(
        (config.vocab_size, config.d_model, config.encoder_layers),
        (58_101, 1024, 12)
    );
    assert_eq!(
        (config.pad_token_id, config.decoder_start_token_id),
        (58_100, 58_100)
    );
    assert_eq!((config.num_beams, config.forced_eos_token_id), (1, Some(0)));
    assert!(!config.scale_embedding && config.share_embeddings && config.tie_output);
    assert_eq!(config.source_language, None);
}

#[test]
fn a_limit_of_new_tokens_goes_before_the_older_one_of_all_tokens() {
    let directory = tiny("f32.safetensors");
    let file = "generation_config.json";
    set(directory.path(), file, "max_length", 30.into());
    assert_eq!(Config::load(directory.path()).unwrap().max_length, 30);
    set(directory.path(), file, "max_new_tokens", 12.into());
    // The start token does not count as new.
    assert_eq!(Config::load(directory.path()).unwrap().max_length, 13);
}

#[test]
fn sixteen_bit_floats_are_read_exactly() {
    let f16_to_f32: fn(u16) -> f32 = |bits| f16::from_bits(bits).to_f32();
    let bf16_to_f32: fn(u16) -> f32 = |bits| bf16::from_bits(bits).to_f32();
    for (format, to_f32) in [("F16", f16_to_f32), ("BF16", bf16_to_f32)] {
        // All finite numbers, repeated to more than one block.
        let finite = (0..=u16::MAX).cycle().filter(|b| to_f32(*b).is_finite());
        let numbers: Vec<u16> = finite.take(600_000).collect();
        let header = format!(
            r#"{{"tensor":{{"dtype":"{format}","shape":[600000],"data_offsets":[0,1200000]}}}}"#
        );
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("model.safetensors"), file).unwrap();
        let weights = Weights::open(directory.path()).unwrap();
        let values = weights.read("tensor", &[600_000]).unwrap();
        let expected = numbers.iter().map(|number| to_f32(*number).to_bits());
        assert!(
            values.iter().map(|value| value.to_bits()).eq(expected),
            "{format}"
        );
    }
}
