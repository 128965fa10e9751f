using System.Text.Json;

namespace Attune.Data.Formats.Parquet;

/// <summary>A part of the rows: a column, an object, a list. The levels of the columns below it say where it is null, empty, or goes on.</summary>
/// <remarks>Source: Dremel: Interactive Analysis of Web-Scale Datasets, 2010, section 4.3.</remarks>
/// <param name="definition">Definition level from which on the part is not null.</param>
/// <param name="leaves">Numbers of the columns below it.</param>
internal abstract class ParquetNode(int definition, IReadOnlyList<int> leaves)
{
    public IReadOnlyList<int> Leaves => leaves;

    protected int Definition => definition;

    /// <summary>Writes the current value and goes to the next in all columns below.</summary>
    /// <exception cref="InvalidDataException">The columns contradict each other.</exception>
    public void Write(JsonRowWriter row, ParquetColumn[] columns)
    {
        if (columns[leaves[0]].Definition < definition)
        {
            row.Null();
            Pass(columns, definition);
        }
        else
        {
            WriteValue(row, columns);
        }
    }

    protected abstract void WriteValue(JsonRowWriter row, ParquetColumn[] columns);

    /// <summary>Goes to the next value in columns that have none here: they are all defined to less than a level.</summary>
    protected void Pass(ParquetColumn[] columns, int below)
    {
        foreach (int leaf in leaves)
        {
            if (columns[leaf].Definition >= below || columns[leaf].Definition < 0)
            {
                throw new InvalidDataException("one column has a value where another has none");
            }

            columns[leaf].Advance();
        }
    }
}

/// <summary>The values of a column.</summary>
internal sealed class ParquetValueNode(int definition, int leaf) : ParquetNode(definition, [leaf])
{
    protected override void WriteValue(JsonRowWriter row, ParquetColumn[] columns) => columns[Leaves[0]].Write(row);
}

/// <summary>An object, or the pair of a map as an array of key and value.</summary>
internal sealed class ParquetGroupNode(int definition, IReadOnlyList<(JsonEncodedText Name, ParquetNode Node)> parts, bool isPair)
    : ParquetNode(definition, [.. parts.SelectMany(part => part.Node.Leaves)])
{
    protected override void WriteValue(JsonRowWriter row, ParquetColumn[] columns)
    {
        if (isPair)
        {
            row.StartArray();
            parts[0].Node.Write(row, columns);
            if (parts.Count == 1)
            {
                row.Null();
            }
            else
            {
                parts[1].Node.Write(row, columns);
            }

            row.EndArray();
            return;
        }

        row.StartObject();
        foreach ((JsonEncodedText name, ParquetNode node) in parts)
        {
            row.Name(name);
            node.Write(row, columns);
        }

        row.EndObject();
    }
}

/// <summary>A list.</summary>
/// <param name="definition">Definition level from which on it is not null.</param>
/// <param name="itemDefinition">Definition level from which on it has an item.</param>
/// <param name="repetition">Repetition level of every item but the first.</param>
/// <param name="item">The items.</param>
internal sealed class ParquetListNode(int definition, int itemDefinition, int repetition, ParquetNode item) : ParquetNode(definition, item.Leaves)
{
    protected override void WriteValue(JsonRowWriter row, ParquetColumn[] columns)
    {
        row.StartArray();
        if (columns[Leaves[0]].Definition < itemDefinition)
        {
            Pass(columns, itemDefinition);
        }
        else
        {
            do
            {
                item.Write(row, columns);
            }
            while (GoesOn(columns));
        }

        row.EndArray();
    }

    private bool GoesOn(ParquetColumn[] columns)
    {
        bool goesOn = columns[Leaves[0]].Repetition == repetition;
        foreach (int leaf in Leaves)
        {
            if (columns[leaf].Repetition == repetition != goesOn)
            {
                throw new InvalidDataException("the columns of a list have different numbers of items");
            }
        }

        return goesOn;
    }
}
