using System.Text;

namespace Attune.Inference;

/// <summary>Finds stop texts in streamed text and holds back what may be the beginning of one.</summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop text was found; nothing more comes then.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes the next piece of text and gives what can be shown.</summary>
    public string Append(string text)
    {
        if (stops.Count == 0)
        {
            return text;
        }

        string held = _held.Append(text).ToString();
        _held.Clear();
        int end = held.Length;
        foreach (string stop in stops)
        {
            int found = held.IndexOf(stop, StringComparison.Ordinal);
            if (found >= 0)
            {
                end = Math.Min(end, found);
                IsStopped = true;
            }
        }

        if (IsStopped)
        {
            return held[..end];
        }

        int keep = stops.Max(stop => LongestBeginningAtEnd(held, stop));
        _held.Append(held, held.Length - keep, keep);
        return held[..^keep];
    }

    /// <summary>What was held back when the text ends without a stop text.</summary>
    public string Flush()
    {
        string rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    private static int LongestBeginningAtEnd(string text, string stop)
    {
        for (int length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
