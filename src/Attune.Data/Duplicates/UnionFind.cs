namespace Attune.Data.Duplicates;

/// <summary>Sets of numbers that are joined (Tarjan 1975); each is named by its smallest number, so the order of joining does not matter.</summary>
internal sealed class UnionFind
{
    private readonly int[] _parent;

    public UnionFind(int count) => _parent = [.. Enumerable.Range(0, count)];

    public void Join(int first, int second)
    {
        (int a, int b) = (Root(first), Root(second));
        _parent[Math.Max(a, b)] = Math.Min(a, b);
    }

    /// <summary>For each number the smallest of its set.</summary>
    public int[] Roots()
    {
        int[] roots = new int[_parent.Length];
        for (int i = 0; i < roots.Length; i++)
        {
            roots[i] = Root(i);
        }

        return roots;
    }

    private int Root(int number)
    {
        while (_parent[number] != number)
        {
            number = _parent[number] = _parent[_parent[number]];
        }

        return number;
    }
}
