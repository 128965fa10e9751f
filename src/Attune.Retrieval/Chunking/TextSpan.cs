namespace Attune.Retrieval.Chunking;

/// <summary>A part of a text.</summary>
/// <param name="Start">Where it starts, in UTF-16 units.</param>
/// <param name="End">Where it ends (exclusive).</param>
public readonly record struct TextSpan(int Start, int End)
{
    /// <summary>Its length in UTF-16 units.</summary>
    public int Length => End - Start;

    /// <summary>The part itself.</summary>
    public string Of(string text) => text[Start..End];

    /// <summary>The part without white space at its ends; empty when it has nothing else.</summary>
    internal TextSpan Trim(string text)
    {
        (int start, int end) = (Start, End);
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return new TextSpan(start, end);
    }
}
