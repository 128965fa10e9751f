using System.Reflection;
using Attune.Tensors.Backends;
using Attune.Testing.Conformance;

namespace Attune.Tensors.Tests.Conformance;

/// <summary>The reference backend against finite differences; the list of cases against the operations that exist.</summary>
public sealed class ReferenceConformanceTests
{
    public static TheoryData<string> Rows => OpConformance.Rows;

    public static TheoryData<string> Differentiable => OpConformance.Differentiable;

    public static TheoryData<string> Hostile => HostileIndices.Rows;

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Gradients_are_the_limits_of_differences(string operation) => OpConformance.CheckGradients(operation);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Operations_made_of_primitives_conform(string row) => OpConformance.Check(row, new PrimitivesOnlyBackend(new ReferenceBackend()));

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Indices_that_name_nothing_are_refused(string row) => HostileIndices.Check(new ReferenceBackend(), row);

    [Fact]
    public void Every_public_operation_has_a_case()
    {
        string[] operations =
        [
            .. typeof(Tensor).Assembly.GetExportedTypes()
                .Where(type => type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Op", StringComparison.Ordinal))
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
                .Where(method => method.ReturnType == typeof(Tensor) || method.ReturnType.GenericTypeArguments.Contains(typeof(Tensor)))
                .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(operations, OpConformance.Cases.Select(item => item.Covers).Distinct().Order(StringComparer.Ordinal));
    }
}
