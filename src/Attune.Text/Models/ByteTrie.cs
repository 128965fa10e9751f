namespace Attune.Text.Models;

/// <summary>Byte strings by their prefixes.</summary>
internal sealed class ByteTrie
{
    /// <summary>What stands for no value and no node.</summary>
    public const int None = -1;

    /// <summary>The node of the empty string.</summary>
    public const int Root = 0;

    private readonly int[] _rootChildren = new int[256];
    private Edge[] _edges = new Edge[64];
    private int[] _values = new int[64];
    private int _nodes = 1;

    /// <summary>Makes an empty trie.</summary>
    public ByteTrie()
    {
        Array.Fill(_rootChildren, None);
        Array.Fill(_values, None);
    }

    /// <summary>Adds a string; a string added twice keeps its first value.</summary>
    public void Add(ReadOnlySpan<byte> key, int value)
    {
        int node = Root;
        foreach (byte next in key)
        {
            int child = Next(node, next);
            node = child >= 0 ? child : AddChild(node, next);
        }

        if (_values[node] == None)
        {
            _values[node] = value;
        }
    }

    /// <summary>The node that a byte leads to; <see cref="None"/> when no string goes on so.</summary>
    public int Next(int node, byte next)
    {
        if (node == Root)
        {
            return _rootChildren[next];
        }

        ulong key = Key(node, next);
        Edge[] edges = _edges;
        for (int slot = (int)ByteHash.Of(key) & (edges.Length - 1); ; slot = (slot + 1) & (edges.Length - 1))
        {
            ref readonly Edge edge = ref edges[slot];
            if (edge.Child == 0)
            {
                return None;
            }

            if (edge.Key == key)
            {
                return edge.Child;
            }
        }
    }

    /// <summary>The value of the string that ends at a node; <see cref="None"/> when none does.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The longest string that the text starts with, and its value.</summary>
    public bool TryMatch(ReadOnlySpan<byte> text, out int length, out int value)
    {
        value = None;
        length = 0;
        int node = Root;
        for (int i = 0; i < text.Length; i++)
        {
            node = Next(node, text[i]);
            if (node < 0)
            {
                break;
            }

            if (_values[node] != None)
            {
                value = _values[node];
                length = i + 1;
            }
        }

        return value != None;
    }

    private static ulong Key(int node, byte next) => ((ulong)(uint)node << 8) | next;

    private int AddChild(int node, byte next)
    {
        int child = _nodes++;
        if (child == _values.Length)
        {
            Array.Resize(ref _values, 2 * child);
            _values.AsSpan(child).Fill(None);
        }

        if (node == Root)
        {
            return _rootChildren[next] = child;
        }

        if (2 * child >= _edges.Length)
        {
            Edge[] old = _edges;
            _edges = new Edge[2 * old.Length];
            foreach (Edge edge in old)
            {
                if (edge.Child != 0)
                {
                    Insert(edge);
                }
            }
        }

        Insert(new Edge(Key(node, next), child));
        return child;
    }

    private void Insert(Edge edge)
    {
        int slot = (int)ByteHash.Of(edge.Key) & (_edges.Length - 1);
        while (_edges[slot].Child != 0)
        {
            slot = (slot + 1) & (_edges.Length - 1);
        }

        _edges[slot] = edge;
    }

    private readonly record struct Edge(ulong Key, int Child);
}
