namespace Attune.Text.Templates.Values;

/// <summary>What lists, tuples and mappings share.</summary>
internal static class Containers
{
    private const int MaxDepth = 500;
    private const long MaxWeight = 100_000_000;

    /// <summary>
    /// Weight and depth of a container of these elements. Values are immutable, so a small program can build a value whose tree is exponentially larger than
    /// its memory; both are bounded here, once, so that everything that walks a value is bounded too.
    /// </summary>
    public static (long Weight, int Depth) Measure(ReadOnlySpan<Value> elements)
    {
        long weight = 1;
        int depth = 0;
        foreach (Value element in elements)
        {
            weight += element.Weight;
            depth = Math.Max(depth, element.Depth);
        }

        if (weight > MaxWeight || depth >= MaxDepth)
        {
            throw new TemplateFault(depth >= MaxDepth ? $"a value is nested more than {MaxDepth} deep" : "a value is too large");
        }

        return (weight, depth + 1);
    }

    /// <summary>The element at a Python index (negative from the end); null when the key is no index or out of range.</summary>
    public static Value? ElementAt<T>(Value key, int count, T source, Func<T, int, Value> element)
    {
        if (!Number.TryInteger(key, out var index))
        {
            return null;
        }

        index = index < 0 ? index + count : index;
        return index >= 0 && index < count ? element(source, (int)index) : null;
    }
}
