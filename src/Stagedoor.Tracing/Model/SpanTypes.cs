namespace Stagedoor.Tracing.Model;

/// <summary>What kinds of work are called in answers.</summary>
internal static class SpanTypes
{
    private const byte JavaHttp = 128;

    /// <summary>The kind as it is stored: HTTP that a Java process handles has a name of its own.</summary>
    public static byte Stored(SpanCategory category, bool isJavaEntry) => category is SpanCategory.Http && isJavaEntry ? JavaHttp : (byte)category;

    /// <summary>The kind of what is stored.</summary>
    public static SpanCategory CategoryOf(byte stored) => stored is JavaHttp ? SpanCategory.Http : (SpanCategory)stored;

    /// <summary>The name of what is stored.</summary>
    public static string NameOf(byte stored) => stored is JavaHttp ? "TOMCAT_METHOD" : (SpanCategory)stored switch
    {
        SpanCategory.Http => "HTTP_METHOD",
        SpanCategory.Grpc => "GRPC_METHOD",
        SpanCategory.Dubbo => "DUBBO_METHOD",
        SpanCategory.Rpc => "RPC_METHOD",
        SpanCategory.Messaging => "MQ_METHOD",
        SpanCategory.Database => "SQL_METHOD",
        SpanCategory.Cache => "CACHE_METHOD",
        _ => "LOCAL_METHOD",
    };

    /// <summary>What a call of this kind is to.</summary>
    public static string PeerOf(SpanCategory category) => category switch
    {
        SpanCategory.Database => "DATABASE",
        SpanCategory.Cache => "CACHE",
        SpanCategory.Messaging => "MQ",
        _ => "SERVICE",
    };
}
