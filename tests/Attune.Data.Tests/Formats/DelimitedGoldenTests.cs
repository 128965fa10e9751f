using System.Text.Json;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

[Trait("Category", "Golden")]
public sealed class DelimitedGoldenTests
{
    public static TheoryData<string> Cases => GoldenCases.Files("text/data/csv");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_are_read_as_recorded_or_refused_where_the_file_is_not_strict(string file)
    {
        string path = Goldens.Require("text", "data", "csv", file);
        JsonElement expected = GoldenCases.Case("text/data/csv", file);
        string[][] rows = [.. expected.GetProperty("rows").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(field => field.GetString()!).ToArray()).Where(row => row.Length > 0)];
        string[] header = [.. rows.FirstOrDefault([]).Select((name, i) => name)];
        var options = new DataFileOptions
        {
            Delimiter = expected.GetProperty("delimiter").GetString(),
            Quoting = expected.GetProperty("quoting").GetString() == "none" ? "none" : "minimal",
            Encoding = expected.GetProperty("encoding").GetString()!,
        };
        if (header.Distinct().Count() < header.Length)
        {
            var error = Assert.Throws<DataException>(() => DataFiles.Rows(new DataFile(path), options));
            Assert.Contains($"two columns have the name '{header[0]}'", error.Message, StringComparison.Ordinal);
            header = [.. header.Select((name, i) => name + i)];
            options = options with { ColumnNames = header };
            rows = [header, .. rows];
        }

        List<DataRow> read = DataFiles.Rows(new DataFile(path), options);
        Assert.Equal(Math.Max(0, rows.Length - 1), read.Count);
        bool strict = expected.GetProperty("strict_ok").GetBoolean();
        foreach ((string[] fields, DataRow row) in rows.Skip(1).Zip(read))
        {
            if (row.Error is not null)
            {
                Assert.True(!strict || fields.Length != header.Length, row.Error.Message);
                continue;
            }

            Assert.Equal(header, row.Value.EnumerateObject().Select(field => field.Name));
            Assert.Equal(fields, row.Value.EnumerateObject().Select(field => field.Value.GetString()!));
        }

        Assert.True(strict || read.Any(row => row.Error is not null));
    }
}
