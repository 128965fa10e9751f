using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>The files with which implementations of Parquet test each other.</summary>
[Trait("Category", "Golden")]
public sealed class ParquetRealFilesTests
{
    /// <summary>Files that are refused, with what the message says.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["datapage_v1-corrupt-checksum.parquet"] = "checksum",
        ["rle-dict-uncompressed-corrupt-checksum.parquet"] = "checksum",
        ["large_string_map.brotli.parquet"] = "raise max_row_bytes",
    };

    public static TheoryData<string> Sound() => Files("data");

    public static TheoryData<string> Bad() => Files("bad_data");

    [Theory]
    [MemberData(nameof(Sound))]
    public void Files_of_all_writers_are_read(string name)
    {
        var file = new DataFile(Goldens.RequireData("parquet", "data", name));
        if (Refused.TryGetValue(name, out string? reason))
        {
            Assert.Contains(reason, Assert.Throws<DataException>(() => DataFiles.Rows(file)).Message);
            return;
        }

        List<DataRow> rows = DataFiles.Rows(file);
        Assert.All(rows, row => Assert.Null(row.Error));
        TestContext.Current.TestOutputHelper?.WriteLine($"{rows.Count} rows; {(rows.Count > 0 ? rows[0].Value.GetRawText()[..Math.Min(400, rows[0].Value.GetRawText().Length)] : "")}");
    }

    [Theory]
    [InlineData("delta_encoding_required_column")]
    [InlineData("delta_encoding_optional_column")]
    public void Files_with_a_table_beside_them_are_equal_to_it(string name)
    {
        List<DataRow> rows = DataFiles.Rows(new DataFile(Goldens.RequireData("parquet", "data", name + ".parquet")));
        List<DataRow> expected = DataFiles.Rows(new DataFile(Goldens.RequireData("parquet", "data", name + "_expect.csv")));
        Assert.Equal(expected.Count, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Equal(
                expected[i].Value.EnumerateObject().Select(field => field.Value.ToString()),
                rows[i].Value.EnumerateObject().Select(field => field.Value.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_files_are_read_or_refused(string name)
    {
        try
        {
            DataFiles.Rows(new DataFile(Goldens.RequireData("parquet", "bad_data", name)));
        }
        catch (DataException e)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(e.Message);
        }
    }

    private static TheoryData<string> Files(string folder)
    {
        var rows = new TheoryData<string>();
        string path = Path.Combine(Goldens.Data, "parquet", folder);
        if (!Directory.Exists(path))
        {
            rows.Add(Goldens.None);
            return rows;
        }

        foreach (string file in Directory.EnumerateFiles(path, "*.parquet").Order(StringComparer.Ordinal))
        {
            rows.Add(Path.GetFileName(file));
        }

        return rows;
    }
}
