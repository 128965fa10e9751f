using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Testing;

namespace Attune.Data.Tests.Tokenization;

[Trait("Category", "Golden")]
public sealed class SeedRecipeGoldenTests
{
    [Fact]
    public void The_quotes_become_the_ids_of_the_reference_run()
    {
        RowTokenizer tokenizer = RealModel.RowTokenizer(new TokenizationOptions { MaxLength = 64, AddEosToken = false });
        TokenDataset data = TokenDataset.Load(
            [new DataFile(Goldens.RequireData("quotes_quotable", "quotes.json.gz"))], new DataFileOptions { MaxRows = 840 }, new ColumnOptions(), tokenizer, TestContext.Current.CancellationToken);
        Assert.Equal("text", data.Report.Files[0].Shape);
        Assert.Equal(840, data.Rows.Count);
        int row = 0;
        foreach (string file in new[] { "train_ids.jsonl", "held_out_ids.jsonl" })
        {
            foreach (string line in File.ReadLines(Goldens.Require("real", "seed_recipe", file)))
            {
                JsonElement expected = JsonElement.Parse(line);
                Assert.Equal(row, expected.GetProperty("row").GetInt32());
                Assert.Equal(expected.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), data.Rows[row].InputIds);
                Assert.Equal(data.Rows[row].InputIds, data.Rows[row].Labels);
                row++;
            }
        }

        Assert.Equal(840, row);
    }
}
