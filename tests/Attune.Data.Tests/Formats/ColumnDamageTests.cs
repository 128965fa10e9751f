using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>Damaged Parquet and Arrow files are read or refused with a data error: nothing else is thrown, no file takes long, none makes the reader allocate by what it says.</summary>
[Trait("Category", "Golden")]
public sealed class ColumnDamageTests
{
    /// <summary>Parquet describes itself in its last part.</summary>
    private const int TailBytes = 4_000;

    [Theory]
    [InlineData("text/data/parquet", "*.parquet")]
    [InlineData("text/data/arrow", "*.*r*")]
    [InlineData("../data/parquet/data", "*.parquet")]
    [InlineData("../data/parquet/bad_data", "*.parquet")]
    public void Damage_is_read_or_refused(string folder, string pattern) => Run(folder, pattern, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("text/data/parquet", "*.parquet")]
    [InlineData("text/data/arrow", "*.*r*")]
    [InlineData("../data/parquet/data", "*.parquet")]
    [InlineData("../data/parquet/bad_data", "*.parquet")]
    public void Much_damage_is_read_or_refused(string folder, string pattern) => Run(folder, pattern, Fuzz.Slow);

    private static void Run(string folder, string pattern, int count)
    {
        // Small files, so that the damage meets something.
        FileInfo[] files = [.. new DirectoryInfo(Goldens.Require(folder)).GetFiles(pattern).Where(file => file.Length < 50_000 && file.Extension != ".json").OrderBy(file => file.Name, StringComparer.Ordinal)];
        Assert.NotEmpty(files);
        var options = new DataFileOptions { MaxRowBytes = 1 << 20 };
        foreach (FileInfo original in files)
        {
            Fuzz.Run<DataException>(
                File.ReadAllBytes(original.FullName),
                (count + files.Length - 1) / files.Length,
                mutant =>
                {
                    DataFile file = DataFiles.Of(original.Name, mutant);
                    foreach (DataRow row in KnownDataFormats.Of(file, null).Read(file, options).Take(300))
                    {
                        _ = row.Error;
                    }
                },
                error => Assert.Contains(original.Name, error.Message),
                tailBytes: TailBytes);
        }
    }
}
