namespace Attune.Cli.Runs.Report;

/// <summary>How a report looks, by day and by night.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --page: #fbfbfa; --card: #fff; --text: #1d2430; --soft: #667080; --rule: #e3e6ea; --a: #2563c9; --b: #d4570a; --good: #1a7f4b; --bad: #b42318; }
        @media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --text: #e6e9ee; --soft: #98a2b1; --rule: #2c3440; --a: #6ea8fe; --b: #ffa05c; --good: #56c98c; --bad: #ff8d80; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
        h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 34px 0 12px; }
        .soft, figcaption, th { color: var(--soft); } .status { font-weight: 600; color: var(--good); } .status.open { color: var(--b); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
        .tile, figure, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
        .tile { padding: 12px 14px; } .tile b { display: block; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; } .tile span { color: var(--soft); font-size: 13px; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 14px; }
        figure { margin: 0; padding: 12px 14px 4px; } figcaption { font-size: 14px; } svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--soft); font-size: 12px; } .y { text-anchor: end; } .x { text-anchor: middle; } .grid { stroke: var(--rule); stroke-width: 1; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; } .line.a { stroke: var(--a); } .line.b { stroke: var(--b); } .line.faint { stroke: var(--a); stroke-width: 1; opacity: .35; }
        .dot.a { fill: var(--a); } .dot.b { fill: var(--b); } .dot.faint { display: none; }
        .key { color: var(--text); margin-left: 14px; } .key::before { content: ""; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; background: var(--a); } .key.b::before { background: var(--b); }
        .card { padding: 4px 14px; overflow-x: auto; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        tr:last-child > * { border-bottom: 0; } th { font-weight: 500; white-space: nowrap; } td { overflow-wrap: anywhere; } .number { text-align: right; font-variant-numeric: tabular-nums; }
        code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; } pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
        .sample { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 14px; padding: 12px 0; border-bottom: 1px solid var(--rule); } .sample:last-child { border-bottom: 0; }
        .sample span { display: block; color: var(--soft); font-size: 13px; } summary { cursor: pointer; padding: 8px 0; }
        """;
}
