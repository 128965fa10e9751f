using Attune.Nn.Rope;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn.Tests.Rope;

/// <summary>The list of scalings, bad settings, tables that follow the length of the sequence.</summary>
public sealed class RopeParametersTests
{
    private static readonly RopeParameters Plain = new() { HeadSize = 8, MaxPositionEmbeddings = 64 };

    [Fact]
    public void Every_scaling_is_in_the_list_once()
    {
        Type[] made = [.. typeof(IRopeScaling).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IRopeScaling)))];
        Assert.Equal(made.Select(type => type.FullName).Order(), KnownRopeScalings.All.Select(scaling => scaling.GetType().FullName).Order());
        Assert.Equal(KnownRopeScalings.All.Count, KnownRopeScalings.All.Select(scaling => scaling.Name).Distinct().Count());
    }

    public static TheoryData<RopeParameters, string> Bad => new()
    {
        { Plain with { RopeType = "spiral" }, "spiral" },
        { Plain with { RopeType = "linear" }, "factor" },
        { Plain with { RopeType = "dynamic" }, "factor" },
        { Plain with { RopeType = "dynamic", Factor = 2, HeadSize = 2 }, "rotary dimensions" },
        { Plain with { RopeType = "llama3", Factor = 2, LowFreqFactor = 4 }, "low_freq_factor" },
        { Plain with { RopeType = "longrope", ShortFactor = [1, 2] }, "short_factor" },
        { Plain with { RopeType = "yarn", Factor = double.NaN }, "factor" },
        { Plain with { HeadSize = 7 }, "rotary dimensions" },
        { Plain with { HeadSize = 0 }, "rotary dimensions" },
        { Plain with { PartialRotaryFactor = 1.5 }, "rotary dimensions" },
        { Plain with { Theta = 0 }, "rope_theta" },
        { Plain with { MaxPositionEmbeddings = 0 }, "max_position_embeddings" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_settings_are_named(RopeParameters parameters, string expected)
    {
        RopeException error = Assert.Throws<RopeException>(() => parameters.Frequencies(10));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        using var device = new Device(new ReferenceBackend());
        Assert.Throws<RopeException>(() => parameters.Embedding(device));
    }

    [Fact]
    public void Tables_hold_the_row_of_each_position()
    {
        RopeFrequencies frequencies = Plain.Frequencies(5);
        RotaryTables tables = RopeTables.Make(frequencies, 5);
        var cos = new float[4];
        var sin = new float[4];
        RopeTables.WriteRow(frequencies, 3, cos, sin);
        Assert.Equal(cos, tables.Cos[12..16]);
        Assert.Equal(sin, tables.Sin[12..16]);
    }

    [Fact]
    public void Dynamic_tables_change_only_beyond_the_models_length()
    {
        RopeParameters dynamic = Plain with { RopeType = "dynamic", Factor = 2 };
        Assert.Equal(Plain.Tables(64).Sin, dynamic.Tables(64).Sin);
        Assert.NotEqual(Plain.Tables(65).Sin, dynamic.Tables(65).Sin);
        Assert.Equal(64, KnownRopeScalings.Find("dynamic").FixedUpTo(dynamic));
    }
}
