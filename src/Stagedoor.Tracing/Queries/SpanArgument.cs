using Stagedoor.Tracing.Model;

namespace Stagedoor.Tracing.Queries;

/// <summary>What a call was about, in a line for people.</summary>
internal static class SpanArgument
{
    private const int MostText = 1024;

    /// <summary>The line; empty for what is no call.</summary>
    public static string Of(SpanCategory category, in KnownAttributes known) => category switch
    {
        SpanCategory.Http => Line(
            known.First(KnownKey.HttpRequestMethod, KnownKey.HttpMethod),
            known.First(KnownKey.UrlPath, KnownKey.HttpTarget, KnownKey.HttpPath, KnownKey.UrlFull, KnownKey.HttpUrl),
            known.FirstValue(KnownKey.HttpResponseStatus, KnownKey.HttpStatus)),
        SpanCategory.Database or SpanCategory.Cache => Line(
            known.First(KnownKey.DbOperationName, KnownKey.DbOperation), known.First(KnownKey.DbNamespace, KnownKey.DbName), Text.Cut(known.First(KnownKey.DbQueryText, KnownKey.DbStatement), MostText)),
        SpanCategory.Grpc or SpanCategory.Dubbo or SpanCategory.Rpc => Line(
            known.First(KnownKey.RpcSystemName, KnownKey.RpcSystem), known.First(KnownKey.RpcMethod), known.FirstValue(KnownKey.RpcStatus, KnownKey.RpcResponseStatus, KnownKey.GrpcStatus)),
        SpanCategory.Messaging => Line(
            known.First(KnownKey.MessagingSystem),
            known.First(KnownKey.MessagingOperationName, KnownKey.MessagingOperationType, KnownKey.MessagingOperation),
            known.First(KnownKey.MessagingDestinationName, KnownKey.MessagingDestination)),
        _ => "",
    };

    private static string Line(string first, string second, string third) => $"({first})({second})({third})";
}
