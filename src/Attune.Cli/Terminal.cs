using System.Text.Json.Nodes;

namespace Attune.Cli;

/// <summary>Where the tool writes: results to standard output, everything else to standard error.</summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="json">Whether standard output is for one JSON object only.</param>
/// <param name="quiet">Whether nothing but results and errors is written.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, bool json, bool quiet)
{
    private bool _liveLine;

    public bool IsJson => json;

    public bool IsQuiet => quiet;

    /// <summary>Whether a person watches standard error, so that a line may be written over.</summary>
    public bool IsLive { get; } = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>Whether colours are welcome (https://no-color.org).</summary>
    public bool IsColored => IsLive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Whether standard error takes characters beyond ASCII.</summary>
    public bool IsUnicode => error.Encoding.CodePage == System.Text.Encoding.UTF8.CodePage;

    /// <summary>A terminal that shows warnings and errors only, for work that is a part of another.</summary>
    public Terminal Silenced() => new(TextWriter.Null, error, json: false, quiet: true);

    /// <summary>Writes a line of the result; nothing with <c>--json</c>.</summary>
    public void Result(string line)
    {
        EndLiveLine();
        if (!json)
        {
            output.WriteLine(line);
        }
    }

    /// <summary>Writes a piece of the result at once; nothing with <c>--json</c>.</summary>
    public void Stream(string text)
    {
        EndLiveLine();
        if (!json)
        {
            output.Write(text);
            output.Flush();
        }
    }

    /// <summary>Writes the JSON object that ends a command.</summary>
    public void Json(JsonObject result) => output.WriteLine(JsonText.Indented(result));

    /// <summary>Says what happens; nothing with <c>--quiet</c>.</summary>
    public void Note(string line)
    {
        EndLiveLine();
        if (!quiet)
        {
            Tell(line + Environment.NewLine);
        }
    }

    /// <summary>Shows how far a long task is, over the last such line; nothing where nobody watches, or with <c>--quiet</c>.</summary>
    public void Live(string line)
    {
        if (quiet || !IsLive)
        {
            return;
        }

        int width = Math.Max(20, Console.WindowWidth) - 1;
        Tell($"\r{(line.Length > width ? line[..width] : line)}\u001b[K");
        _liveLine = true;
    }

    /// <summary>Writes a line that a person has to see.</summary>
    public void Warn(string line)
    {
        EndLiveLine();
        Tell(line + Environment.NewLine);
    }

    /// <summary>Writes an error.</summary>
    public void Error(string message)
    {
        EndLiveLine();
        Tell((IsColored ? $"attune: \u001b[31;1merror:\u001b[0m {message}" : $"attune: error: {message}") + Environment.NewLine);
    }

    private void EndLiveLine()
    {
        if (_liveLine)
        {
            Tell(Environment.NewLine);
            _liveLine = false;
        }
    }

    /// <summary>Writes for who watches. A terminal that was closed takes nothing any more, which must not end the work before the signal that comes with it does so in order.</summary>
    private void Tell(string text)
    {
        try
        {
            error.Write(text);
        }
        catch (IOException)
        {
            // Nobody watches.
        }
    }
}
