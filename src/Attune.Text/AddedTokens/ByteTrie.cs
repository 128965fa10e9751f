namespace Attune.Text.AddedTokens;

/// <summary>Byte strings by their prefixes.</summary>
internal sealed class ByteTrie
{
    private const int NoValue = -1;

    private readonly Dictionary<long, int> _children = [];
    private readonly List<int> _values = [NoValue];

    /// <summary>Adds a string; a string added twice keeps its first value.</summary>
    public void Add(ReadOnlySpan<byte> key, int value)
    {
        int node = 0;
        foreach (byte next in key)
        {
            if (!_children.TryGetValue(Edge(node, next), out int child))
            {
                child = _values.Count;
                _values.Add(NoValue);
                _children.Add(Edge(node, next), child);
            }

            node = child;
        }

        if (_values[node] == NoValue)
        {
            _values[node] = value;
        }
    }

    /// <summary>The longest string that the text starts with, and its value.</summary>
    public bool TryMatch(ReadOnlySpan<byte> text, out int length, out int value)
    {
        value = NoValue;
        length = 0;
        int node = 0;
        for (int i = 0; i < text.Length && _children.TryGetValue(Edge(node, text[i]), out node); i++)
        {
            if (_values[node] != NoValue)
            {
                value = _values[node];
                length = i + 1;
            }
        }

        return value != NoValue;
    }

    private static long Edge(int node, byte next) => ((long)node << 8) | next;
}
