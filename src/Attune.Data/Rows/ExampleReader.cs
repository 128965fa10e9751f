using Attune.Data.Formats;
using Attune.Data.Shapes;

namespace Attune.Data.Rows;

/// <summary>What a row teaches, with the row and the number of its file.</summary>
internal readonly record struct ReadExample(int File, DataRow Row, TrainingExample Example);

/// <summary>Streams what the rows of files teach; finds out each file's format and shape, and counts.</summary>
internal static class ExampleReader
{
    /// <summary>So many rows at the beginning of a file are looked at to recognise its shape.</summary>
    private const int RowsToRecognise = 8;

    public static IEnumerable<ReadExample> Read(
        IEnumerable<DataFile> files, DataFileOptions options, ColumnOptions columns, DataReportBuilder report)
    {
        options.Validate();
        foreach (DataFile file in files)
        {
            IDataFormat format = KnownDataFormats.Of(file, options.Format);
            int number = report.BeginFile(file.Name, format.Key);
            IRowShape? shape = null;
            var waiting = new List<DataRow>();
            long left = (options.MaxRows ?? long.MaxValue) - report.RowsRead;
            using IEnumerator<DataRow> rows = Take(format.Read(file, options), left).GetEnumerator();
            bool more = true;
            while (more)
            {
                waiting.Clear();
                int wanted = shape is null ? RowsToRecognise : 1;
                while (waiting.Count < wanted && (more = rows.MoveNext()))
                {
                    waiting.Add(rows.Current);
                }

                foreach (DataRow row in waiting)
                {
                    report.Read();
                    if (row.Error is not null)
                    {
                        report.Bad(row.Error);
                        continue;
                    }

                    if (shape is null)
                    {
                        shape = KnownRowShapes.Of(waiting, columns);
                        report.Shape(shape.Key);
                    }

                    if (TryRead(shape, row, columns, report) is { } example)
                    {
                        yield return new ReadExample(number, row, example);
                    }
                }
            }
        }
    }

    private static TrainingExample? TryRead(IRowShape shape, DataRow row, ColumnOptions columns, DataReportBuilder report)
    {
        try
        {
            return shape.Read(row, columns);
        }
        catch (DataException e) when (e.Line is not null)
        {
            report.Bad(e);
            return null;
        }
    }

    private static IEnumerable<DataRow> Take(IEnumerable<DataRow> rows, long count)
    {
        if (count <= 0)
        {
            yield break;
        }

        foreach (DataRow row in rows)
        {
            yield return row;
            if (--count == 0)
            {
                yield break;
            }
        }
    }
}
