use super::*;

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

fn access(settings: Settings) -> Access {
    Access::new(settings)
}

fn limited(limits: Limits) -> Access {
    access(Settings {
        limits,
        ..Settings::default()
    })
}

/// Returns the address behind these values of the header, with proxies in `10.0.0.0/8` and `fd00::/8`.
fn address(connection: &str, values: &[&str]) -> String {
    let proxies = ["10.0.0.0/8", "fd00::/8"];
    let access = access(Settings {
        trusted_proxies: proxies
            .iter()
            .map(|proxy| proxy.parse().expect("a network"))
            .collect(),
        ..Settings::default()
    });
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(FORWARDED_FOR, value.parse().expect("a value"));
    }
    access.address(ip(connection), &headers).to_string()
}

#[test]
fn only_trusted_proxies_are_believed() {
    for (connection, values, expected) in [
        ("192.0.2.1", &[][..], "192.0.2.1"),
        // The client itself writes the header.
        ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &[], "10.0.0.1"),
        // What the client wrote is before the address that the proxy saw.
        ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        // Two proxies.
        ("10.0.0.1", &["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", &["198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // With ports, and as IPv6.
        ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
        ("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", &["[2001:db8::1]:443"], "2001:db8::1"),
        // What is no address ends the search.
        ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", &[""], "10.0.0.1"),
    ] {
        assert_eq!(
            address(connection, values),
            expected,
            "{connection} {values:?}"
        );
    }
}

#[test]
fn a_key_is_needed_if_there_is_any() {
    let somebody = ip("192.0.2.1");
    let open = Access::default();
    let client = Client::Address(somebody);
    assert_eq!(open.client(None, somebody), Ok(client));
    assert_eq!(open.client(Some("any"), somebody), Ok(client));
    let closed = access(Settings {
        keys: ["one", "two"].map(SecretString::from).into(),
        ..Settings::default()
    });
    assert_eq!(closed.client(Some("two"), somebody), Ok(Client::Key(1)));
    assert_eq!(closed.client(None, somebody), Err(Refusal::MissingKey));
    for wrong in ["", "on", "ones", "One"] {
        let client = closed.client(Some(wrong), somebody);
        assert_eq!(client, Err(Refusal::WrongKey), "{wrong}");
    }
}

#[test]
fn a_network_of_ipv6_is_one_client() {
    let access = Access::default();
    let client = |address| access.client(None, ip(address));
    assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
    assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
    assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
}

#[tokio::test(start_paused = true)]
async fn requests_come_back_evenly() {
    let access = limited(Limits {
        requests_per_minute: NonZeroU64::new(4),
        ..Limits::default()
    });
    let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|address| Client::at(ip(address)));
    for _ in 0..4 {
        assert_eq!(access.spend(&one, 1, 1), Ok(()));
    }
    let wait = Duration::from_secs(15);
    let refused = access.spend(&one, 1, 1);
    assert_eq!(refused, Err(Refusal::TooManyRequests { wait }));
    assert_eq!(access.spend(&other, 1, 1), Ok(()), "another client");
    tokio::time::advance(wait).await;
    assert_eq!(access.spend(&one, 1, 1), Ok(()));
    assert!(access.spend(&one, 1, 1).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_text_over_the_limit_is_allowed_when_nothing_is_used() {
    let access = limited(Limits {
        characters_per_minute: NonZeroU64::new(100),
        ..Limits::default()
    });
    let client = Client::Key(0);
    assert_eq!(access.spend(&client, 1, 200), Ok(()));
    let wait = Duration::from_mins(1);
    let refused = access.spend(&client, 1, 100);
    assert_eq!(refused, Err(Refusal::TooManyCharacters { wait: wait * 2 }));
    // A refused request costs nothing.
    tokio::time::advance(wait).await;
    let refused = access.spend(&client, 1, 1);
    let wait = Duration::from_millis(600);
    assert_eq!(refused, Err(Refusal::TooManyCharacters { wait }));
    tokio::time::advance(wait).await;
    assert_eq!(access.spend(&client, 1, 1), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_usage_is_that_of_the_day_if_the_day_is_limited() {
    let client = Client::Key(0);
    let unlimited = Access::default();
    let limited = limited(Limits {
        characters_per_day: NonZeroU64::new(1000),
        ..Limits::default()
    });
    assert_eq!(limited.usage(&client).characters, 0);
    for access in [&unlimited, &limited] {
        assert_eq!(access.spend(&client, 1, 400), Ok(()));
        assert_eq!(access.spend(&client, 1, 400), Ok(()));
        assert_eq!(access.usage(&client).characters, 800);
    }
    let refused = limited.spend(&client, 1, 400);
    assert!(matches!(refused, Err(Refusal::Quota { .. })), "{refused:?}");
    tokio::time::advance(DAY / 2).await;
    assert_eq!(limited.usage(&client).characters, 300);
    assert_eq!(unlimited.usage(&client).characters, 800);
    assert_eq!(unlimited.usage(&client).limit, None);
}

#[tokio::test(start_paused = true)]
async fn a_refund_gives_characters_back_but_no_request() {
    let access = limited(Limits {
        requests_per_minute: NonZeroU64::new(3),
        characters_per_minute: NonZeroU64::new(100),
        characters_per_day: NonZeroU64::new(200),
    });
    let client = Client::Key(0);
    access.refund(&client, 100, Instant::now());
    for _ in 0..2 {
        assert_eq!(access.spend(&client, 1, 100), Ok(()));
        assert_eq!(access.usage(&client).characters, 100);
        access.refund(&client, 100, Instant::now());
        assert_eq!(access.usage(&client).characters, 0);
    }
    assert_eq!(access.spend(&client, 1, 100), Ok(()));
    let refused = access.spend(&client, 1, 0);
    assert!(matches!(refused, Err(Refusal::TooManyRequests { .. })));
    // After a minute they are free anyway, and nothing is given twice.
    let arrival = Instant::now();
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(access.spend(&client, 1, 100), Ok(()));
    access.refund(&client, 100, arrival);
    let refused = access.spend(&client, 1, 100);
    assert!(
        matches!(refused, Err(Refusal::TooManyCharacters { .. })),
        "{refused:?}"
    );
}

#[test]
fn the_clients_are_remembered_in_bounded_memory() {
    let access = Access::default();
    for number in 0..2 * MAX_CLIENTS.get() {
        assert_eq!(access.spend(&Client::Key(number), 1, 1), Ok(()));
    }
    assert_eq!(access.lock().len(), MAX_CLIENTS.get());
    assert_eq!(access.usage(&Client::Key(0)).characters, 0, "forgotten");
}
