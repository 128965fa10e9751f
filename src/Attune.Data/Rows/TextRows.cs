using Attune.Data.Shapes;

namespace Attune.Data.Rows;

/// <summary>Running text out of data files, for work that needs no tokens yet.</summary>
public static class TextRows
{
    /// <summary>Streams the texts of files, row by row.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="options">How files are read.</param>
    /// <param name="column">The column that holds the text; null for <c>text</c>, else <c>content</c>.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or there is no row.</exception>
    public static IEnumerable<string> Read(IReadOnlyList<DataFile> files, DataFileOptions options, string? column = null, CancellationToken cancellation = default)
    {
        var report = new DataReportBuilder(options);
        foreach (ReadExample read in ExampleReader.Read(files, options, new ColumnOptions { Shape = "text", TextColumn = column }, report))
        {
            cancellation.ThrowIfCancellationRequested();
            report.Kept(read.File, longest: 0, tokens: 0, trained: 0);
            yield return ((TextExample)read.Example).Text;
        }

        report.Build();
    }
}
