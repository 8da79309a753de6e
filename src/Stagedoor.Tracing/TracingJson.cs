using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Tracing.Queries;

namespace Stagedoor.Tracing;

[JsonSerializable(typeof(Answer<IReadOnlyList<string>>), TypeInfoPropertyName = "NamesAnswer")]
[JsonSerializable(typeof(Answer<SearchTraces.Found>), TypeInfoPropertyName = "SearchAnswer")]
[JsonSerializable(typeof(Answer<ShowTrace.Trace>), TypeInfoPropertyName = "TraceAnswer")]
[JsonSerializable(typeof(SearchTraces.Found), TypeInfoPropertyName = "SearchFound")]
[JsonSerializable(typeof(ListTransactionStatistics.Found), TypeInfoPropertyName = "TransactionsFound")]
[JsonSerializable(typeof(GetTopology.View), TypeInfoPropertyName = "TopologyView")]
[JsonSerializable(typeof(ListTransactionStatistics.View), TypeInfoPropertyName = "TransactionView")]
[JsonSerializable(typeof(IReadOnlyList<ListTransactionStatistics.View>), TypeInfoPropertyName = "TransactionViews")]
[JsonSerializable(typeof(Answer<GetTopology.View>), TypeInfoPropertyName = "TopologyAnswer")]
[JsonSerializable(typeof(ListErrors.Found), TypeInfoPropertyName = "ErrorsFound")]
[JsonSerializable(typeof(ListErrors.View), TypeInfoPropertyName = "ErrorView")]
[JsonSerializable(typeof(IReadOnlyList<ListErrors.View>), TypeInfoPropertyName = "ErrorViews")]
[JsonSerializable(typeof(Answer<ListErrors.Found>), TypeInfoPropertyName = "ErrorsAnswer")]
[JsonSerializable(typeof(Answer<ListTransactionStatistics.Found>), TypeInfoPropertyName = "TransactionsAnswer")]
internal sealed partial class TracingJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: a member without a value is there.</summary>
    public static TracingJson Wire { get; } = new(WireOptions());

    private static JsonSerializerOptions WireOptions()
    {
        var options = WireJson.Named(JsonNamingPolicy.CamelCase, withNulls: true);

        // A node is in a list that is in a node.
        options.MaxDepth = (2 * ShowTrace.MostDepth) + 64;
        return options;
    }
}
