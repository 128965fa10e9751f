using System.IO.Compression;
using System.Text;
using Attune.Data.Processing;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>Files as they come from spreadsheets, clones and broken downloads.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n")]
    [InlineData("a.json", "[{\"text\": \"one\"}]")]
    [InlineData("a.csv", "text,label\none,1\n")]
    [InlineData("a.tsv", "text\tlabel\ngrün\t1\n")]
    [InlineData("a.txt", "Schön ist es hier.\n")]
    [InlineData("a.txt", "ab")]
    public void Utf16_without_a_byte_order_mark_is_named(string name, string text)
    {
        foreach (Encoding encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            string message = Assert.Throws<DataException>(() => DataFiles.Rows(DataFiles.Of(name, encoding.GetBytes(text)))).Message;
            Assert.Equal($"{name}: the file looks like UTF-16 without a byte order mark; save it as UTF-8.", message);
        }
    }

    [Theory]
    [InlineData("a\0b\0c and more that has none of them\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("x\0")]
    public void Stray_zeros_make_no_utf16(string text) => Assert.NotEmpty(DataFiles.Rows("a.txt", text));

    [Theory]
    [InlineData("sep=;\r\ntext;label\r\na, b;1\r\nc;2;3\r\n")]
    [InlineData("SEP=|\ntext|label\na, b|1\nc|2|3\n")]
    [InlineData("\uFEFFsep=\t\ntext\tlabel\na, b\t1\nc\t2\t3\n")]
    public void The_line_in_which_a_spreadsheet_names_the_delimiter_is_followed(string text)
    {
        List<DataRow> rows = DataFiles.Rows("a.csv", text);
        Assert.Equal((3L, """{"text":"a, b","label":"1"}"""), (rows[0].Line, rows[0].Value.GetRawText()));
        Assert.StartsWith("a.csv, line 4: wrong number of fields", rows[1].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delimiter_that_is_given_counts_more_and_other_first_lines_are_headers()
    {
        Assert.Equal("""{"a;b":"1"}""", DataFiles.Rows("a.csv", "sep=;\na;b\n1\n", new DataFileOptions { Delimiter = "," })[0].Value.GetRawText());
        Assert.Equal("""{"sep=;x":"1"}""", DataFiles.Rows("a.csv", "sep=;x\n1\n")[0].Value.GetRawText());
        Assert.Equal("""{"sep":"1"}""", DataFiles.Rows("a.csv", "sep\n1\n")[0].Value.GetRawText());
        Assert.Equal("""{"x":"1","y":"2"}""", DataFiles.Rows("a.csv", "sep=;\n1;2\n", new DataFileOptions { ColumnNames = ["x", "y"] })[0].Value.GetRawText());
    }

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.json")]
    [InlineData("a.csv")]
    [InlineData("a.txt")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.parquet")]
    [InlineData("a.arrow")]
    public void Pointers_of_git_lfs_are_named(string name)
    {
        string path = _folder.Write(name, Pointer);
        Assert.Equal(
            $"{path}: this is no data but a pointer of Git LFS to them; fetch them with 'git lfs pull' in the folder of the repository.",
            Assert.Throws<DataException>(() => DataFiles.Rows(new DataFile(path))).Message);
    }

    [Fact]
    public void A_json_array_on_one_line_named_jsonl_is_named()
    {
        DataRow row = Assert.Single(DataFiles.Rows("a.jsonl", "\n[{\"text\": \"one\"}, {\"text\": \"two\"}]\n"));
        Assert.Equal("a.jsonl, line 2: the line is an array of rows (2 of them; is the file a JSON array? Then say format: json)", row.Error!.Message);
        Assert.Equal(2, DataFiles.Rows("a.jsonl", "[{\"text\": \"one\"}, {\"text\": \"two\"}]", new DataFileOptions { Format = "json" }).Count);
        Assert.All(DataFiles.Rows("a.jsonl", "[]\n[1, {}]\n[{}]\n"), other => Assert.Null(other.Error));
    }

    [Fact]
    public void A_split_of_empty_files_names_them()
    {
        DataFile[] files = [DataFiles.Of("empty.jsonl", ""), DataFiles.Of("blank.csv", "a,b\n")];
        Assert.Equal(
            "there are no rows to split in empty.jsonl, blank.csv.",
            Assert.Throws<DataException>(() => DataSplitter.Run(files, _folder.Path, new DataFileOptions(), new DataSplitOptions(), new DedupOptions())).Message);
    }

    [Theory]
    [InlineData("rows.jsonl.gz")]
    [InlineData("rows.csv.gz")]
    [InlineData("rows.txt.gz")]
    [InlineData("rows.json.gz")]
    public void A_gzip_file_cut_in_a_row_gives_its_whole_rows_and_then_the_cut(string name)
    {
        string[] rows = [.. Enumerable.Range(0, 600).Select(i => $"row {i} of {i * 7919 % 10007} with {Convert.ToHexString(BitConverter.GetBytes(i * 2654435761L))}")];
        string text = name.Split('.')[1] switch
        {
            "jsonl" => string.Concat(rows.Select(row => $"{{\"text\":\"{row}\"}}\n")),
            "json" => $"[{string.Join(',', rows.Select(row => $"{{\"text\":\"{row}\"}}"))}]",
            "csv" => "text\n" + string.Concat(rows.Select(row => $"{row}\n")),
            _ => string.Concat(rows.Select(row => $"{row}\n")),
        };
        byte[] zipped = Zip(text);
        for (int length = 20; length < zipped.Length; length += 1 + (zipped.Length / 40))
        {
            int read = 0;
            string message = Assert.Throws<DataException>(() =>
            {
                foreach (DataRow row in Data.Formats.KnownDataFormats.Of(new DataFile(name), null).Read(DataFiles.Of(name, zipped[..length]), new DataFileOptions()))
                {
                    Assert.Null(row.Error);
                    Assert.Equal(rows[read++], row.Value.GetProperty("text").GetString());
                }
            }).Message;
            Assert.Equal($"{name}: the gzip data is cut off, or something else follows it; fetch or pack it again.", message);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Zip(string text)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.SmallestSize))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return target.ToArray();
    }
}
