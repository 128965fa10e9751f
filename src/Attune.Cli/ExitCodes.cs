namespace Attune.Cli;

/// <summary>Exit codes of the tool; every command's help lists them.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    public const int Failure = 1;

    public const int BadInput = 2;

    /// <summary>128 + 2, as shells report a process that SIGINT ended.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + 15, as shells report a process that SIGTERM ended.</summary>
    public const int Terminated = 143;

    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Success, "done"),
        (Failure, "failed: the disk is full, memory ran out, or something that should not happen"),
        (BadInput, "the command line, a recipe, a model, an adapter or a data file is not as it must be"),
        (Interrupted, "stopped by Ctrl-C"),
        (Terminated, "stopped by SIGTERM or by the end of the terminal"),
    ];
}
