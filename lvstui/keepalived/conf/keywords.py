"""The keywords of keepalived 2.2 by process and block, and how each is read (keepalived.conf(5), and install_keyword in
its parsers). Keywords that do not affect the rules are only recognised."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.values import NamedTuple

SERVICE, ENDPOINT, NAMED = "service", "endpoint", "named"
"""The required words of a block: a virtual service, an address with a port, one name."""


class Keyword(NamedTuple):
    """How one keyword is read.

    `inside`: the keywords of its block, None where it has none. `values`: its block has plain values; with `brace`,
    keepalived's process exits where that does not begin with one. `foreign`: it belongs to another process and is
    skipped with its block. `least`: the number of words it needs, including itself; with fewer the process exits.
    `valid`: what its words must be (`problem` in tree.py), otherwise the whole block is skipped; "" for anything.
    """

    inside: Mapping[str, Keyword] | None = None
    values: bool = False
    brace: bool = False
    foreign: bool = False
    least: int = 1
    valid: str = ""


Keywords = Mapping[str, Keyword]


_PLAIN = Keyword()
_VALUE = Keyword(least=2)
_FOREIGN = Keyword(foreign=True)


def _known(words: str, kind: Keyword = _PLAIN) -> dict[str, Keyword]:
    return dict.fromkeys(words.split(), kind)


_COMMON = {
    **_known("retry delay_before_retry warmup delay_loop", _VALUE),
    **_known("alpha log_all_failures"),
}
_CONNECTED = {
    **_COMMON,
    **_known("connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark", _VALUE),
}
_URL = {
    **_known("path digest", _VALUE),
    **_known(
        "status_code virtualhost regex regex_no_match regex_options regex_min_offset regex_max_offset regex_stack"
    ),
}
_HTTP = Keyword(
    {
        **_CONNECTED,
        "nb_get_retry": _VALUE,
        **_known("virtualhost http_protocol enable_sni fast_recovery"),
        "url": Keyword(_URL),
    }
)
CHECKERS: Keywords = {
    "TCP_CHECK": Keyword(_CONNECTED),
    "HTTP_GET": _HTTP,
    "SSL_GET": _HTTP,
    "SMTP_CHECK": Keyword({**_CONNECTED, **_known("helo_name"), "host": Keyword(_CONNECTED)}),
    "DNS_CHECK": Keyword({**_CONNECTED, **_known("type name", _VALUE)}),
    "UDP_CHECK": Keyword(
        {**_CONNECTED, **_known("payload require_reply"), **_known("min_reply_length max_reply_length", _VALUE)}
    ),
    "PING_CHECK": Keyword(_CONNECTED),
    "MISC_CHECK": Keyword({**_COMMON, **_known("misc_path misc_dynamic user"), **_known("misc_timeout", _VALUE)}),
    "BFD_CHECK": Keyword(_known("name alpha")),
    "FILE_CHECK": Keyword({**_known("track_file", _VALUE), **_known("weight")}),
}
"""The checker blocks in a real_server."""


_REAL_SERVER: Keywords = {
    **_known(
        "weight lvs_method uthreshold lthreshold connect_timeout delay_loop delay_before_retry retry warmup", _VALUE
    ),
    **_known("notify_up notify_down", _VALUE),
    **_known("inhibit_on_failure alpha smtp_alert virtualhost snmp_name"),
    **CHECKERS,
}
_VIRTUAL_SERVER: Keywords = {
    **_known("ip_family retry delay_before_retry warmup connect_timeout delay_loop lb_algo lvs_sched lb_kind", _VALUE),
    **_known("lvs_method persistence_engine persistence_granularity protocol quorum hysteresis weight", _VALUE),
    **_known("sorry_server sorry_server_lvs_method", _VALUE),
    **_known("hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback persistence_timeout ha_suspend"),
    **_known("quorum_up quorum_down", _VALUE),
    **_known("inhibit_on_failure smtp_alert virtualhost snmp_name alpha omega"),
    **_known("sorry_server_inhibit"),
    "real_server": Keyword(_REAL_SERVER, least=2, valid=ENDPOINT),
}
_VRRP = _known(
    "track_group static_ipaddress static_routes static_rules vrrp_sync_group garp_group vrrp_instance vrrp_script"
    " vrrp_track_process interface_up_down_delays linkbeat_interfaces",
    _FOREIGN,
)
_GLOBAL_LINES = {
    **_known(
        "linkbeat_use_polling net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir instance", _FOREIGN
    ),
    "child_wait_time": _VALUE,
}
_TRACK_FILE = Keyword(_known("file weight init_file"), least=2)

CHECKER: Keywords = {
    **_VRRP,
    **_GLOBAL_LINES,
    "global_defs": _FOREIGN,
    "SSL": Keyword(_known("password ca certificate key")),
    "virtual_server_group": Keyword(values=True, brace=True, least=2),
    "virtual_server": Keyword(_VIRTUAL_SERVER, least=2, valid=SERVICE),
    "bfd_instance": Keyword(
        {
            **_known(
                "source_ip neighbor_ip neighbour_ip min_rx min_tx idle_tx multiplier ttl hoplimit max_hops weight",
                _VALUE,
            ),
            **_known("passive vrrp checker"),
        },
        least=2,
    ),
    "track_file": _TRACK_FILE,
    "vrrp_track_file": _TRACK_FILE,
}
"""The keywords of the checker process, which programs IPVS."""

GLOBAL: Keywords = {
    **_VRRP,
    **_GLOBAL_LINES,
    **_known("SSL virtual_server_group virtual_server bfd_instance track_file vrrp_track_file", _FOREIGN),
    "global_defs": Keyword(
        {
            "notification_email": Keyword(values=True),
            **_known(
                "process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name smtp_server"
                " smtp_connect_timeout vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_master_delay"
                " vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat"
                " vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_down_timer_adverts vrrp_garp_interval"
                " vrrp_gna_interval vrrp_version nftables_priority nftables_ipvs_priority nftables_ipvs_start_fwmark"
                " vrrp_rlimit_rttime vrrp_rlimit_rtime checker_rlimit_rttime checker_rlimit_rtime bfd_rlimit_rttime"
                " bfd_rlimit_rtime vrrp_startup_delay vmac_prefix vmac_addr_prefix umask random_seed config_save_dir",
                _VALUE,
            ),
            **_known(
                "process_names router_id notification_email_from smtp_helo_name smtp_alert startup_script"
                " startup_script_timeout shutdown_script shutdown_script_timeout max_auto_priority"
                " min_auto_priority_delay smtp_alert_vrrp smtp_alert_checker checker_log_all_failures"
                " dynamic_interfaces no_email_faults default_interface disable_local_igmp lvs_timeouts lvs_flush"
                " lvs_flush_on_stop lvs_flush_onstop lvs_sync_daemon vrrp_min_garp vrrp_garp_extra_if"
                " vrrp_vmac_garp_intvl vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert vrrp_iptables"
                " vrrp_ipsets nftables nftables_ifindex nftables_ipvs nftables_counters vrrp_check_unicast_src"
                " vrrp_skip_check_adv_addr vrrp_strict vrrp_priority vrrp_no_swap vrrp_rt_priority"
                " vrrp_cpu_affinity notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script"
                " vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload lvs_notify_fifo"
                " lvs_notify_fifo_script checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity"
                " bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity snmp_socket enable_traps"
                " enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3"
                " enable_snmp_checker enable_dbus dbus_service_name script_user enable_script_security"
                " vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs"
                " vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs process_monitor_rcv_bufs_force"
                " lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs"
                " lvs_netlink_monitor_rcv_bufs_force rs_init_notifies no_checker_emails vrrp_rx_bufs_policy"
                " vrrp_rx_bufs_multiplier log_unknown_vrids reload_check_config reload_time_file reload_repeat"
                " reload_file include_check tmp_config_directory data_use_instance"
            ),
        }
    ),
}
"""The keywords of the parent process."""


_TRACKS = _known("track_interface track_script track_file track_process track_bfd", Keyword(values=True))
_NOTIFIED = _known("notify notify_backup notify_master notify_fault notify_stop", _VALUE)
VRRP: Keywords = {
    **dict.fromkeys(CHECKER, _FOREIGN),
    **_known("track_group garp_group interface_up_down_delays linkbeat_interfaces", _FOREIGN),
    **_known("static_ipaddress static_routes static_rules", Keyword(values=True)),
    "track_file": _TRACK_FILE,
    "vrrp_track_file": _TRACK_FILE,
    "bfd_instance": CHECKER["bfd_instance"],
    "vrrp_instance": Keyword(
        {
            **_TRACKS,
            **_NOTIFIED,
            **_known(
                "virtual_ipaddress virtual_ipaddress_excluded unicast_peer virtual_routes virtual_rules authentication"
                " auth_hmac",
                Keyword(values=True),
            ),
            **_known(
                "state interface vrf mcast_src_ip unicast_src_ip mcast_dst_ip virtual_router_id unicast_ttl version"
                " priority advert_int preempt_delay debug notify_master_rx_lower_pri lvs_sync_daemon_interface"
                " garp_master_delay garp_master_refresh garp_master_repeat garp_master_refresh_repeat"
                " garp_lower_prio_delay garp_lower_prio_repeat down_timer_adverts",
                _VALUE,
            ),
            **_known(
                "native_ipv6 nopreempt preempt use_vmac use_ipvlan use_vmac_addr dont_track_primary strict_mode"
                " check_unicast_src v3_checksum_as_v2"
            ),
        },
        valid=NAMED,
    ),
    "vrrp_script": Keyword(
        {**_known("script init_fail"), **_known("interval timeout weight rise fall user", _VALUE)}, least=2
    ),
    "vrrp_track_process": Keyword(
        {
            **_known("process quorum quorum_max delay terminate_delay fork_delay", _VALUE),
            **_known("weight full_command param_match"),
        },
        least=2,
    ),
    "vrrp_sync_group": Keyword(
        {**_TRACKS, **_NOTIFIED, "group": Keyword(values=True), **_known("sync_group_tracking_weight global_tracking")},
        valid=NAMED,
    ),
}
"""The keywords of the VRRP process, as far as they matter here. It ignores global_defs."""
STARTS_VRRP = ("vrrp_instance", "static_ipaddress", "static_routes", "static_rules")
"""Blocks of which the parent process must see one to start the VRRP process."""
