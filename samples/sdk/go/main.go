// Creates an organization, lists organizations and projects, with the official SDK for Go.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	swr "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/swr/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/swr/v2/model"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	door := os.Getenv("DOOR")
	if door == "" {
		door = "http://127.0.0.1:8080"
	}

	var keys struct{ AccessKey, SecretKey, Project, DomainId string }
	if err := json.Unmarshal(must(os.ReadFile("data/first-run.json")), &keys); err != nil {
		panic(err)
	}

	// Without a project the SDK asks IAM, at the address of the credentials, for the project that has the region's name.
	credentials := must(basic.NewCredentialsBuilder().
		WithAk(keys.AccessKey).WithSk(keys.SecretKey).WithIamEndpointOverride(door).SafeBuild())
	images := swr.NewSwrClient(must(swr.SwrClientBuilder().
		WithCredential(credentials).WithRegion(region.NewRegion(keys.Project, door)).SafeBuild()))
	must(images.CreateNamespace(&model.CreateNamespaceRequest{Body: &model.CreateNamespaceRequestBody{Namespace: "sdk-go"}}))
	for _, organization := range *must(images.ListNamespaces(&model.ListNamespacesRequest{})).Namespaces {
		fmt.Println(organization.Name)
	}

	account := must(global.NewCredentialsBuilder().
		WithAk(keys.AccessKey).WithSk(keys.SecretKey).WithDomainId(keys.DomainId).WithIamEndpointOverride(door).SafeBuild())
	identity := iam.NewIamClient(must(iam.IamClientBuilder().WithCredential(account).WithEndpoint(door).SafeBuild()))
	for _, project := range *must(identity.KeystoneListProjects(&iammodel.KeystoneListProjectsRequest{})).Projects {
		fmt.Println(project.Name)
	}
}
