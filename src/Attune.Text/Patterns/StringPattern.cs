namespace Attune.Text.Patterns;

/// <summary>Matches a fixed string.</summary>
internal sealed class StringPattern(string value) : ISplitPattern
{
    private readonly byte[] _value = System.Text.Encoding.UTF8.GetBytes(value);

    /// <inheritdoc/>
    public void FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches)
    {
        int position = 0;
        while (_value.Length > 0 && text[position..].IndexOf(_value) is >= 0 and int found)
        {
            int end = position + found + _value.Length;
            matches.Add((position + found, end));
            position = end;
        }
    }
}
