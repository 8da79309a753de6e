using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Triggers;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException InvalidTriggerName(string? name) => new(
        ImagesCodes.InvalidParameter,
        $"trigger={Text.Cut(Text.Repair(name ?? ""), 100)}; 1-{TriggerName.MaxLength} letters and digits with single '_' or '-' between them, beginning with a letter");

    public static ApiException TriggerExists(string repository, string name) => new(ImagesCodes.ImageExists, $"repository={repository}, trigger={name}");

    public static ApiException TriggerNotFound(string repository, string name) => new(ImagesCodes.PermissionNotFound, $"repository={repository}, trigger={name}");

    public static ApiException TooManyTriggers(int limit) =>
        new(ImagesCodes.InvalidParameter, $"the repository has {limit} triggers, as many as it may (Images:Triggers:MaxPerRepository)");

    public static ApiException WebhookExists(string owner, string url) => new(ImagesCodes.ImageExists, $"{owner} has a webhook for {url}");

    public static ApiException WebhookNotFound(string owner, long id) => new(ImagesCodes.PermissionNotFound, $"{owner}: webhook={id}");

    public static ApiException DeliveryNotFound(string owner, long id, string delivery) =>
        new(ImagesCodes.PermissionNotFound, $"{owner}: webhook={id}, delivery={delivery}");

    public static ApiException TooManyWebhooks(int limit) =>
        new(ImagesCodes.InvalidParameter, $"there are {limit} webhooks, as many as there may be (Images:Triggers:MaxWebhooks)");

    public static ApiException UnknownCluster(string id) => new(ImagesCodes.InvalidParameter, $"cluster_id={id} is no cluster of this account");

    public static ApiException NoWorkloads(string @namespace, string repository) => new(
        ImagesCodes.GetServiceFailed,
        $"this installation has no service that knows clusters; a webhook (POST /v2/manage/namespaces/{@namespace}/repos/{repository}/webhooks) tells another of each push");

    public static ApiException WorkloadsDown(Exception cause) => new(ImagesCodes.GetServiceFailed, "the service that knows clusters did not answer", cause);
}
