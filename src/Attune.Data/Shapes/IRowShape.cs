using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>A shape of rows: which columns they have and what they teach.</summary>
public interface IRowShape
{
    /// <summary>The key users write in <c>shape</c>.</summary>
    string Key { get; }

    /// <summary>The columns in words, for messages.</summary>
    string Columns { get; }

    /// <summary>Whether the options name a column of this shape.</summary>
    bool IsMapped(ColumnOptions columns);

    /// <summary>Whether a row looks like this shape.</summary>
    bool Recognises(JsonElement row, ColumnOptions columns);

    /// <summary>Reads what a row teaches.</summary>
    /// <exception cref="DataException">The row has not this shape.</exception>
    TrainingExample Read(DataRow row, ColumnOptions columns);
}
