using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests;

public sealed class ShardedFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShardedFolderTests()
    {
        Shard("one.safetensors", "a", 1);
        Shard("two.safetensors", "b", 2);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_all_shards_as_one()
    {
        using ShardedFolder source = ShardedFolder.Open(Index("""{"metadata":{"total_size":2},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}"""));
        Assert.Equal(["b", "a"], source.Names);
        Assert.Equal(["two.safetensors", "one.safetensors"], source.Shards);
        Assert.Equal([1], source.ReadBytes("a"));
        Assert.Equal([2], source.ReadBytes("b"));
        Assert.Throws<ModelFileException>(() => source.ReadBytes("c"));
    }

    [Fact]
    public void Gives_tensors_that_the_index_forgot()
    {
        Shard("one.safetensors", "forgotten", 3);
        Shard("three.safetensors", "a", 1);
        using ShardedFolder source = ShardedFolder.Open(Index("""{"weight_map":{"a":"three.safetensors","forgotten":"one.safetensors"}}"""));
        Assert.Equal(["a", "forgotten"], source.Names);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""")]
    [InlineData("""{"weight_map":{"a":"..\\one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":".."}}""")]
    [InlineData("""{"weight_map":{"a":""}}""")]
    [InlineData("""{"weight_map":{"a":1}}""")]
    [InlineData("""{"weight_map":{"a":"absent.safetensors"}}""")]
    [InlineData("""{"weight_map":{"missing":"one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}""")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors"}""")]
    public void Refuses_an_index_that_lies(string index) =>
        Assert.Throws<ModelFileException>(() => ShardedFolder.Open(Index(index)));

    [Theory]
    [InlineData(ShardedFolder.IndexFileName, Fuzz.Quick)]
    [InlineData(ShardedFolder.PickledIndexFileName, Fuzz.Quick)]
    public void Answers_a_damaged_index_with_typed_errors_only(string name, int count)
    {
        string extension = name == ShardedFolder.IndexFileName ? ".safetensors" : ".bin";
        if (extension == ".bin")
        {
            foreach (string shard in (ReadOnlySpan<string>)["one", "two"])
            {
                using SafetensorsFile tensors = SafetensorsFile.Open(_folder[shard + ".safetensors"]);
                PickledWeights.Write(_folder[shard + ".bin"], tensors);
            }
        }

        string index = _folder.Write(name, $$$"""{"metadata":{"total_size":2},"weight_map":{"b":"two{{{extension}}}","a":"one{{{extension}}}"}}""");
        int refused = Fuzz.Run<ModelFileException>(File.ReadAllBytes(index), count, mutant =>
        {
            File.WriteAllBytes(index, mutant);
            using ShardedFolder source = ShardedFolder.Open(index);
            foreach (string tensor in source.Names)
            {
                source.ReadBytes(tensor);
            }
        });
        Assert.InRange(refused, count / 2, count);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(ShardedFolder.IndexFileName)]
    [InlineData(ShardedFolder.PickledIndexFileName)]
    public void Answers_a_much_damaged_index_with_typed_errors_only(string name) => Answers_a_damaged_index_with_typed_errors_only(name, Fuzz.Slow);

    private string Index(string json) => _folder.Write(ShardedFolder.IndexFileName, json);

    private void Shard(string file, string tensor, byte value)
    {
        using SafetensorsWriter writer = SafetensorsWriter.Create(_folder[file], [new(tensor, DType.U8, [1])]);
        writer.Write<byte>(tensor, [value]);
        writer.Commit();
    }
}
