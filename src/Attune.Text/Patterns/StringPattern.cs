namespace Attune.Text.Patterns;

/// <summary>Matches a fixed string.</summary>
internal sealed class StringPattern(string value) : ISplitPattern
{
    private readonly byte[] _value = System.Text.Encoding.UTF8.GetBytes(value);

    /// <inheritdoc/>
    public bool Find(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        int found = _value.Length == 0 ? -1 : text[from..].IndexOf(_value);
        start = from + found;
        end = start + _value.Length;
        return found >= 0;
    }
}
