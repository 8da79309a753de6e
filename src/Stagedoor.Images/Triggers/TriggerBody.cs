using Stagedoor.Http;

namespace Stagedoor.Images.Triggers;

/// <summary>Reads what requests say of triggers.</summary>
internal static class TriggerBody
{
    private const int MaxCluster = 128;
    private const int MaxWorkload = 253;
    private const int MaxLabel = 63;

    /// <summary>The trigger that a request describes.</summary>
    /// <exception cref="ApiException">Something is missing or wrong.</exception>
    public static Trigger Read(CreateTrigger.Request request)
    {
        // What is missing comes before what is wrong, whatever stands where.
        var action = Required("action", request.Action);
        var appType = Required("app_type", request.AppType);
        var application = Required("application", request.Application);
        var clusterNs = Required("cluster_ns", request.ClusterNs);
        var condition = Required("condition", request.Condition);
        var enable = Required("enable", request.Enable);
        var name = Required("name", request.Name);
        var type = Required("trigger_type", request.TriggerType);
        OneOf("action", action, TriggerView.Update);
        OneOf("app_type", appType, Trigger.Deployments, Trigger.StatefulSets);
        OneOf("trigger_type", type, TagCondition.All, TagCondition.Tag, TagCondition.Regular);
        var mode = string.IsNullOrEmpty(request.TriggerMode) ? Trigger.Cluster : request.TriggerMode;
        OneOf("trigger_mode", mode, Trigger.Cluster, Trigger.Serverless);
        CheckName(name);
        Kubernetes("application", application, MaxWorkload, dots: true);
        Kubernetes("cluster_ns", clusterNs, MaxLabel, dots: false);
        var container = request.Container ?? "";
        if (container.Length > 0)
        {
            Kubernetes("container", container, MaxLabel, dots: false);
        }

        if (TagCondition.FindProblem(type, condition) is { } problem)
        {
            throw ImagesError.InvalidParameter(problem);
        }

        var clusterId = Short("cluster_id", request.ClusterId);
        if (mode is Trigger.Cluster && clusterId.Length == 0)
        {
            throw ImagesError.InvalidParameter($"trigger_mode {Trigger.Cluster} needs a cluster_id");
        }

        return new()
        {
            Name = name,
            AppType = appType,
            Application = application,
            ClusterId = clusterId,
            ClusterName = Short("cluster_name", request.ClusterName),
            ClusterNs = clusterNs,
            Container = container,
            TagCondition = condition,
            Enabled = ReadEnable(enable) ? 1 : 0,
            TriggerMode = mode,
            TriggerType = type,
        };
    }

    /// <summary>Whether a trigger is to be on: a text, not a JSON boolean.</summary>
    public static bool ReadEnable(string? text) => Required("enable", text) switch
    {
        "true" => true,
        "false" => false,
        _ => throw ImagesError.InvalidParameter("enable is \"true\" or \"false\""),
    };

    public static void CheckName(string? name)
    {
        if (!TriggerName.IsValid(name))
        {
            throw ImagesError.InvalidTriggerName(name);
        }
    }

    private static string Required(string member, string? text) => string.IsNullOrEmpty(text) ? throw ImagesError.RequiredParameterMissing(member) : text;

    private static void OneOf(string member, string text, params string[] allowed)
    {
        if (!allowed.Contains(text, StringComparer.Ordinal))
        {
            throw ImagesError.InvalidParameter($"{member} is {string.Join(" or ", allowed)}");
        }
    }

    private static string Short(string member, string? text) => text is null ? ""
        : text.Length <= MaxCluster && Text.IsStorable(text) ? text
        : throw ImagesError.InvalidParameter($"{member} is a text of at most {MaxCluster} characters");

    // As the API of clusters has it, which would refuse another name when it is too late to say so.
    private static void Kubernetes(string member, string text, int maxLength, bool dots)
    {
        var good = text.Length <= maxLength;
        for (var i = 0; good && i < text.Length; i++)
        {
            good = char.IsAsciiLetterLower(text[i]) || char.IsAsciiDigit(text[i]) || (i > 0 && i < text.Length - 1 && (text[i] is '-' || (dots && text[i] is '.')));
        }

        if (!good)
        {
            throw ImagesError.InvalidParameter($"{member} is 1-{maxLength} of a-z, 0-9{(dots ? ", '.'" : "")} and '-', beginning and ending with a letter or digit");
        }
    }
}
