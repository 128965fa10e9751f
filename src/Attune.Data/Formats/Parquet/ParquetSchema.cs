using System.Text.Json;

namespace Attune.Data.Formats.Parquet;

/// <summary>Makes the parts of the rows of the list of a schema.</summary>
/// <remarks>Source: LogicalTypes.md of Apache Parquet, with its rules for lists and maps of older writers.</remarks>
internal sealed class ParquetSchema
{
    private const int Optional = 1;
    private const int Repeated = 2;

    // A row is read as JSON, which the framework limits to 64 levels.
    private const int MaxDepth = 50;

    private readonly IReadOnlyList<ParquetElement> _elements;
    private readonly List<ParquetLeaf> _leaves = [];
    private int _next;

    private ParquetSchema(IReadOnlyList<ParquetElement> elements)
    {
        _elements = elements;
        ParquetElement root = Take();
        Root = new ParquetGroupNode(0, Parts(root, 0, 0, 0), isPair: false);
        if (_next != elements.Count || _leaves.Count == 0)
        {
            throw new InvalidDataException($"a schema of {elements.Count} entries has {_leaves.Count} columns, of which {_next} entries tell");
        }
    }

    /// <summary>The rows.</summary>
    public ParquetNode Root { get; }

    /// <summary>The columns, in the order of the file.</summary>
    public IReadOnlyList<ParquetLeaf> Leaves => _leaves;

    /// <summary>Reads a schema.</summary>
    /// <exception cref="InvalidDataException">It contradicts itself.</exception>
    public static ParquetSchema Read(IReadOnlyList<ParquetElement> elements) => new(elements);

    private List<(JsonEncodedText Name, ParquetNode Node)> Parts(ParquetElement group, int definition, int repetition, int depth)
    {
        if (group.ChildCount < 0 || depth > MaxDepth)
        {
            throw new InvalidDataException($"group '{group.Name}' has {group.ChildCount} parts at level {depth}; at most {MaxDepth} levels are read");
        }

        List<(JsonEncodedText, ParquetNode)> parts = [];
        for (int i = 0; i < group.ChildCount; i++)
        {
            ParquetElement element = Take();
            parts.Add((JsonEncodedText.Encode(element.Name), Node(element, definition, repetition, depth + 1)));
        }

        return parts;
    }

    private ParquetNode Node(ParquetElement element, int definition, int repetition, int depth)
    {
        if (element.Repetition == Repeated)
        {
            // Without a list around it, a repeated field is a list that is never null.
            ParquetNode item = Content(element, definition + 1, repetition + 1, depth);
            return new ParquetListNode(definition, definition + 1, repetition + 1, item);
        }

        return Content(element, definition + (element.Repetition == Optional ? 1 : 0), repetition, depth);
    }

    private ParquetNode Content(ParquetElement element, int definition, int repetition, int depth)
    {
        if (element.Type is not null)
        {
            _leaves.Add(new ParquetLeaf(element, definition, repetition));
            return new ParquetValueNode(definition, _leaves.Count - 1);
        }

        bool isList = element.LogicalType == 3 || element.ConvertedType == 3;
        bool isMap = element.LogicalType == 2 || element.ConvertedType is 1 or 2;
        if ((isList || isMap) && element.ChildCount == 1 && Peek() is { Repetition: Repeated } repeated)
        {
            _next++;
            ParquetNode item = isMap && repeated is { Type: null, ChildCount: 1 or 2 }
                ? new ParquetGroupNode(definition + 1, Parts(repeated, definition + 1, repetition + 1, depth + 1), isPair: true)
                : isList && IsWrapper(element, repeated)
                ? Node(Take(), definition + 1, repetition + 1, depth + 1)
                : Content(repeated, definition + 1, repetition + 1, depth + 1);
            return new ParquetListNode(definition, definition + 1, repetition + 1, item);
        }

        List<(JsonEncodedText Name, ParquetNode Node)> parts = Parts(element, definition, repetition, depth);
        return parts.Count > 0
            ? new ParquetGroupNode(definition, parts, isPair: false)
            : throw new InvalidDataException($"group '{element.Name}' has no columns");
    }

    // Whether the repeated group of a list only stands around its item, or is the item itself, as older writers have it.
    private bool IsWrapper(ParquetElement list, ParquetElement repeated) =>
        repeated is { Type: null, ChildCount: 1 }
        && repeated.Name != "array" && repeated.Name != list.Name + "_tuple"
        && Peek().Repetition != Repeated;

    private ParquetElement Peek() => _next < _elements.Count ? _elements[_next] : throw new InvalidDataException("a group has fewer parts than it says");

    private ParquetElement Take()
    {
        ParquetElement element = Peek();
        _next++;
        return element.Repetition is 0 or Optional or Repeated ? element : throw new InvalidDataException($"column '{element.Name}' has the repetition {element.Repetition}");
    }
}
